"""The one place that says: figures, sentences and the verdict of a session, in the reader's language.

Terminal, report, hand-outs, pages and exports get finished strings from here and format nothing
themselves. How numbers are rounded stands in :mod:`neckrom.rounding`, the words in the message files.
"""
