"""The communication half of the specification, beside `lrs.rules` for its data half.

`table` names every requirement; the functions take plain values and raise a Breach that names its row.
"""
