"""The shell: settings, the command line, the embedded database, the web application, the worker."""
