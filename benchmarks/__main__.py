"""One command for all figures: `python -m benchmarks`. Ratios are medians of pairs of one round; less is faster."""

import argparse
import importlib.util
import shlex
import statistics
import sys

from benchmarks.figures import BASE, FIGURES, Run
from benchmarks.peers import PEERS
from benchmarks.rounds import ROOT, Setting, tell
from benchmarks.tables import machine, versions, write
from benchmarks.workloads import WORKLOADS


def main() -> None:
    usual = ",".join(name for name, peer in PEERS.items() if peer.chosen)
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--peers", default=usual, help=f"of {', '.join(PEERS)}; the hand loop is always there")
    parser.add_argument("--figures", default=",".join(FIGURES), help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--threads", type=int, default=1, help="of each framework; with one, each stays on one core")
    parser.add_argument("--core", type=int, default=0, help="the core of workers of one thread")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is timed")
    parser.add_argument("--auto-seconds", type=float, default=60.0, help="how much work a whole fit is, for the figure auto")
    parser.add_argument("--short", action="store_true", help="a tenth of the data, two rounds: shows that it runs")
    parser.add_argument("--write", action="store_true", help="put the run into benchmarks/results")
    options = parser.parse_args()
    run = Run(
        workloads=_chosen(options.workloads, tuple(WORKLOADS)),
        peers=_installed(_chosen(options.peers, tuple(PEERS))),
        figures=_chosen(options.figures, FIGURES),
        setting=Setting(options.threads, options.device, options.core),
        rounds=2 if options.short else options.rounds,
        part=0.1 if options.short else 1.0,
        auto_seconds=min(6.0, options.auto_seconds) if options.short else options.auto_seconds,
    )
    try:
        run.measure()
    except KeyboardInterrupt:
        tell("interrupted: what was measured so far")
    text = _text(run)
    print(f"{machine(options.device)}\n{versions()}\n\n{text}")
    if options.write:
        command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
        print(f"\nwritten to {write(text, options.device, command, ROOT / 'benchmarks' / 'results').relative_to(ROOT)}")


def _text(run: Run) -> str:
    parts = ["\n".join(table.lines()) for table in run.tables.values()]
    about = f"{run.setting.threads} thread{'s' * (run.setting.threads > 1)}, {run.rounds} rounds"
    if run.spread:
        about += f"; a ratio of one round is within ±{statistics.median(run.spread):.0%} of its median"
        about += f"; others kept {statistics.mean(run.others):.1f} cores busy"
    misses = [f"{name}: {miss}" for name, table in run.tables.items() for miss in table.misses()]
    limits = "Every limit is kept." if not misses else "Not as it is to be:\n" + "\n".join(f"  {miss}" for miss in misses)
    return "\n\n".join([about, *parts, limits])


def _chosen(given: str, known: tuple[str, ...]) -> list[str]:
    """The names in a list with commas, in the order of what is known."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise SystemExit(f"Unknown: {', '.join(unknown) or 'nothing was named'}. There is {', '.join(known)}.")
    return [name for name in known if name in names]


def _installed(names: list[str]) -> list[str]:
    """The hand loop and those peers whose packages are there; the others are told about."""
    found = [BASE]
    for name in names:
        missing = [package for package in PEERS[name].packages if importlib.util.find_spec(package) is None]
        if missing:
            tell(f"{name} is left out: {', '.join(missing)} is not installed")
        elif name != BASE:
            found.append(name)
    return found


if __name__ == "__main__":
    main()
