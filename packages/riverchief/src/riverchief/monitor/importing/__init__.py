"""Records from files (CSV, XLSX): overflows, history of readings, results of a laboratory.

As in `registry.importing`: good rows are kept and bad ones told with row, field and cure; a second import of a file
changes nothing. What contradicts what is there is told with both values, and what is there stays.
"""
