"""How fast Waymark is beside what the same machine and the same mongod can do at the most: `make bench`."""
