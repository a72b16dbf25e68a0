"""What each thing a storefront does costs: CPU per operation, measured beside an empty application on the same core.

    make bench                  every operation, at least five rounds, some six minutes; writes the table
    make bench-quick            under a minute, printed only
    make bench PART=growth      the large shop beside the small one, some ten minutes: every route, every plan
    make bench PART=hour        a worker's memory, minute by minute through an hour of ordinary traffic
    .venv/bin/python -m bench --only products --only cart --rounds 2      while working on one thing; only printed

The server, PostgreSQL and Redis have core 0, the load core 1; one sale a second of a product that the measured list
shows runs all the time. Figures that last are CPU milliseconds and ratios of one run, not requests per second.
What every column means is in docs/performance.md.
Names of operations are in bench/operations.py; a wrong answer stops the bench and shows the end of the web log.
"""
