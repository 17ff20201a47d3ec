"""What processes use, and what the machine is (Linux)."""

import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(FileNotFoundError):  # a thread that has just ended
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def cpu(pid: int) -> float:
    """Seconds of CPU of a process, its threads and its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def pss(pid: int) -> float:
    """Megabytes of memory, what is shared counted in proportion."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("every process has one")


def busy() -> float:
    """Seconds of CPU that the whole machine has spent, on all cores."""
    user, nice, system, _idle, _wait, irq, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / TICKS


@dataclass
class Watch:
    """The CPU of named groups of processes, and of everybody else, from its making on."""

    groups: dict[str, list[int]]
    _before: dict[str, float] = field(init=False)
    _busy: float = field(init=False)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._before, self._busy, self._began = self._cpu(), busy(), time.perf_counter()

    def _cpu(self) -> dict[str, float]:
        return {name: sum(map(cpu, pids)) for name, pids in self.groups.items()}

    def spent(self) -> dict[str, float]:
        """Seconds by group."""
        return {name: now - self._before[name] for name, now in self._cpu().items()}

    def others(self, client: float) -> float:
        """The share of one core that went to what is neither watched nor the client, which used so many seconds."""
        rest = busy() - self._busy - client - sum(self.spent().values())
        return max(0.0, rest) / (time.perf_counter() - self._began)


def conditions() -> list[str]:
    """Lines that say where this ran."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024**2
    return [f"{os.cpu_count()} cores ({model}), {memory} GiB, {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}", f"load average before: {os.getloadavg()[0]:.2f}"]
