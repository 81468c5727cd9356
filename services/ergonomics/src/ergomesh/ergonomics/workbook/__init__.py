"""``workbook.xlsx``: the numbers behind a result, to calculate with."""
