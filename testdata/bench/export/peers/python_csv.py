"""The bench's mapping with Python's csv module. usage: python_csv.py FEED.csv FOLDER"""
import csv
import os
import sys

HEADER = ["Employee Number", "Login", "Status", "Purchasing User", "Expense User", "Email", "First Name", "Last Name",
          "Department", "Phone Work", "Approval Limit", "Approver Login", "Default Account Code Segment-1", "Default Currency",
          "Default Locale", "Default Address Location Code", "Default Address City", "Country Of Residence Code",
          "Seniority Level", "Business Function"]
STATUS = {"Active": "active", "On Leave": "active", "Probation": "active", "Terminated": "inactive"}
ROWS = 5000

feed, folder = sys.argv[1:]
with open(feed, newline="", encoding="utf-8") as source:
    rows = csv.reader(source)
    next(rows)
    out = None
    for i, r in enumerate(rows):
        if i % ROWS == 0:
            if out:
                out.close()
            out = open(os.path.join(folder, "part%05d.csv" % (i // ROWS)), "w", newline="", encoding="utf-8")
            write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
            write(HEADER)
        write((r[0], r[1], STATUS[r[6]], r[19], r[20], r[2].lower(), r[4] or r[3], r[5], r[9], r[12], r[13], r[10], r[11],
               r[14], r[15], r[18], r[17], r[16], r[7], r[8]))
    if out:
        out.close()
