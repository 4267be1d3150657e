"""Side-by-side measurements: ours against a named peer, as ratios.

`make bench` runs all, `make bench NAME=mel` one. A module here whose name does not begin
with an underscore is a benchmark: it has a `main()` and ends with `_report.report`.
"""
