# The bench's mapping with gawk; no line breaks in cells. usage: gawk -f gawk.awk -v folder=FOLDER FEED.csv
BEGIN {
	FPAT = "([^,]*)|(\"([^\"]|\"\")*\")"
	header = "\"Employee Number\",\"Login\",\"Status\",\"Purchasing User\",\"Expense User\",\"Email\",\"First Name\",\"Last Name\",\"Department\",\"Phone Work\",\"Approval Limit\",\"Approver Login\",\"Default Account Code Segment-1\",\"Default Currency\",\"Default Locale\",\"Default Address Location Code\",\"Default Address City\",\"Country Of Residence Code\",\"Seniority Level\",\"Business Function\""
}
function quoted(cell) { return substr(cell, 1, 1) == "\"" ? cell : "\"" cell "\"" }
NR == 1 { next }
{
	if ((NR - 2) % 5000 == 0) {
		if (out) close(out)
		out = sprintf("%s/part%05d.csv", folder, (NR - 2) / 5000)
		print header > out
	}
	print quoted($1) "," quoted($2) "," ($7 == "Terminated" ? "\"inactive\"" : "\"active\"") "," quoted($20) "," quoted($21) "," \
		tolower(quoted($3)) "," quoted($5 == "" ? $4 : $5) "," quoted($6) "," quoted($10) "," quoted($13) "," quoted($14) "," \
		quoted($11) "," quoted($12) "," quoted($15) "," quoted($16) "," quoted($19) "," quoted($18) "," quoted($17) "," \
		quoted($8) "," quoted($9) > out
}
