"""Runs a script and writes its largest memory and processor time to $LLMC_MEASURE_FILE: measured.py SCRIPT ARG..."""
import json
import os
import re
import runpy
import sys

sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    try:
        with open("/proc/self/status") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) * 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    spent = os.times()
    with open(os.environ["LLMC_MEASURE_FILE"], "w") as target:
        json.dump({"peakBytes": peak, "cpuMs": 1000 * (spent.user + spent.system)}, target)
