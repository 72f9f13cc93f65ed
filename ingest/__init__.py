"""From a folder of photographs and its table to coins with their sides; `read.read_collection` does the whole of it.

Files: `scan` finds them, `images` opens them, `pairing` tells which coin and side each shows, `split` cuts photographs
of several coins, `coins` puts files together to coins. The table: `sheets` reads its cells, `table` its columns and
rows (`headings` says what a heading means, `values` and `dates` what a cell means). Both together: `named_files` finds
the files that rows name, `rows` the coin that each row speaks of. `records` holds what comes out, `dataset` gives it to
torch, and `words` has the word lists of all languages.
"""
