"""Taking in what hubs list, whole: models and datasets by the hundred thousand, in memory that does not grow.

What was taken is noted beside the registry (`ledger`), so that who comes again, after a month or after having been
killed, looks only at what is new, and sees what is not listed any more.
"""
