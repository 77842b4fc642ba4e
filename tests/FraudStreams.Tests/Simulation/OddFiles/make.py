#!/usr/bin/env python3
"""Writes the files beside it as the programs do that they are named after. Needs iconv and gzip. The tests read the files and do not run this."""
import csv
import io
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
HEAD = ["id", "at", "card", "shop", "born", "amount", "people", "fraud"]
ROWS = [
    ["t1", "2025-01-31 14:13:45", "4000000000150461", "Müller, Café", "1980-02-29", "115.32", "1200", "0"],
    ["t2", "2025-02-01 00:00:00", "4000000000364274", "A \"B\"", "1975-11-03", "-0.5", "", "1"],
    ["t3", "2025-02-01 08:05:00", "4000000000087109", "", "", "1234.5", "7", ""],
]


def text(rows, head=HEAD, separator=",", end="\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows([head] + rows if head else rows)
    return out.getvalue()


def change(rows=ROWS, **columns):
    """Rows with a function of the value in some columns."""
    return [[columns[name](value) if name in columns else value for name, value in zip(HEAD, row)] for row in rows]


def write(name, content, encoding="utf-8"):
    (HERE / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))


def iconv(content, to):
    return subprocess.run(["iconv", "-f", "UTF-8", "-t", to], input=content.encode(), stdout=subprocess.PIPE, check=True).stdout


def gzip(content):
    return subprocess.run(["gzip", "-nc9"], input=content, stdout=subprocess.PIPE, check=True).stdout


def german(at):
    return f"{at[8:10]}.{at[5:7]}.{at[:4]}{at[10:]}"


def slashes(at):
    return f"{at[8:10]}/{at[5:7]}/{at[:4]}{at[10:16]}"


def comma(number):
    return number.replace(".", ",")


def words(true, false):
    return lambda label: {"1": true, "0": false}.get(label, label)


plain = text(ROWS)
write("plain.csv", plain)
write("all-quoted.csv", text(ROWS, quoting=csv.QUOTE_ALL))

# Excel
write("excel-utf8.csv", "\ufeff" + text(ROWS, end="\r\n"))
excel_german = text(change(at=german, born=lambda day: day and german(day), amount=comma, fraud=words("WAHR", "FALSCH")), separator=";", end="\r\n")
write("excel-german.csv", "\ufeff" + excel_german)
write("excel-german-no-seconds.csv", text(change(ROWS[1:], at=lambda at: german(at)[:16], born=lambda day: day and german(day), amount=comma), separator=";", end="\r\n"))
write("excel-german-ansi.csv", iconv(excel_german, "WINDOWS-1252"))
write("excel-french.csv", "\ufeff" + text(change(amount=comma, fraud=words("VRAI", "FAUX")), separator=";", end="\r\n"))
write("excel-french-dates.csv", text(change(at=slashes, amount=comma), separator=";", end="\r\n"))
write("excel-unicode-text.txt", b"\xff\xfe" + iconv(text(ROWS, separator="\t", end="\r\n"), "UTF-16LE"))
write("excel-sep-line.csv", "sep=;\r\n" + text(ROWS, separator=";", end="\r\n"))
write("excel-empty-rows.csv", text(ROWS, end="\r\n") + ",,,,,,,\r\n" * 3)
write("excel-scientific.csv", text(change(card=lambda card: "4E+15"), end="\r\n"))
write("excel-german-scientific.csv", text(change(card=lambda card: "4,00000E+15", amount=comma), separator=";", end="\r\n"))
write("excel-not-available.csv", text(change(people=lambda people: people or "#N/A", born=lambda day: day or "#NV"), end="\r\n"))
write("excel-kept-text.csv", text(change(card=lambda card: f'="{card}"'), end="\r\n"))
write("excel-groups.csv", text(change(amount=lambda amount: f"{float(amount):,.2f}"), end="\r\n"))
write("excel-german-groups.csv", text(change(amount=lambda amount: f"{float(amount):,.2f}".translate(str.maketrans(",.", ".,"))), separator=";", end="\r\n"))
write("excel-workbook.xlsx", b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00")

# R: row names, TRUE and FALSE, NA
r = change(people=lambda people: people or "NA", born=lambda day: day or "NA", fraud=lambda label: {"1": "TRUE", "0": "FALSE"}.get(label, "NA"))
write("r-write-csv.csv", text([[f"{number}"] + row for number, row in enumerate(r, 1)], head=[""] + HEAD, quoting=csv.QUOTE_ALL).replace('"NA"', "NA"))
write("r-write-csv2.csv", text(change(r, amount=comma), separator=";", quoting=csv.QUOTE_ALL).replace('"NA"', "NA"))
write("r-write-table.txt", text([[f"{number}"] + row for number, row in enumerate(r, 1)], head=None, separator="\t").join(["\t".join(HEAD) + "\n", ""]))
write("r-names.csv", text([[f"{number}"] + row for number, row in enumerate(r, 1)], head=["X"] + HEAD))

# pandas: an index, labels that became floats, a midnight without a clock, a time zone
write("pandas-index.csv", text([[f"{number}"] + row for number, row in enumerate(ROWS)], head=[""] + HEAD))
write("pandas-index-again.csv", text([[f"{number}"] + row for number, row in enumerate(ROWS)], head=["Unnamed: 0"] + HEAD))
write("pandas-floats.csv", text(change(people=lambda people: people and people + ".0", fraud=lambda label: label and label + ".0")))
write("pandas-nan.csv", text(change(people=lambda people: people or "nan", born=lambda day: day or "NaT", fraud=lambda label: label or "<NA>")))
write("pandas-utc.csv", text(change(at=lambda at: at + "+00:00")))
write("pandas-iso.csv", text(change(at=lambda at: at.replace(" ", "T") + ".000000")))
write("pandas-days.csv", text(change(ROWS[1:2], at=lambda at: at[:10], born=lambda day: day + " 00:00:00")))
write("pandas-card-float.csv", text(change(card=lambda card: card + ".0")))

# Databases and other tools
write("sql-server.csv", text(change(at=lambda at: at + ".000", amount=lambda amount: f"  {amount}", people=lambda people: people or "NULL")))
write("bars.txt", text(ROWS, separator="|"))
write("tabs.txt", text(ROWS, separator="\t"))
write("trailing-separators.csv", text([row + [""] for row in ROWS], head=HEAD + [""]))
write("trailing-value.csv", text([row + ["x"] for row in ROWS], head=HEAD + [""]))
write("other-names.csv", text(ROWS, head=[" ID", "At", "card ", "SHOP", "Born", "Amount", "PEOPLE", "Fraud"]))
write("blank-end.csv", plain + "\n\r\n\n\x1a")
write("dos.csv", plain.replace("\n", "\r\n"))
write("old-mac.csv", plain.replace("A \"\"B\"\"", "A B").replace("\n", "\r").replace('"Müller, Café"', "Müller"))
write("utf16-big-endian.csv", b"\xfe\xff" + iconv(plain, "UTF-16BE"))
write("utf16-no-mark.csv", iconv(plain, "UTF-16LE"))
write("utf16-damaged.csv", b"\xff\xfe" + iconv(plain, "UTF-16LE") + b"\x00\xd8a\x00")
write("latin1.csv", iconv(plain, "ISO-8859-1"))
write("zipped.csv.gz", gzip(plain.encode()))
write("zipped-utf16.csv.gz", gzip(b"\xff\xfe" + iconv(plain, "UTF-16LE")))
write("zipped-cut.csv.gz", gzip(plain.encode())[:-30])
write("zipped-without-its-name.csv", gzip(plain.encode()))
write("empty.csv", "")
write("label-words.csv", text(change(fraud=words("fraud", "genuine"))))
write("required-missing.csv", text(change(amount=lambda amount: "NA")))
write("id-missing.csv", text(change(id=lambda id: "#N/A")))
write("no-header.csv", text(ROWS, head=None))
write("column-twice.csv", text([row + ["9"] for row in ROWS], head=HEAD + ["amount"]))
