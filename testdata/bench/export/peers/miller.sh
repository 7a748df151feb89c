#!/bin/sh
# The bench's mapping with Miller. usage: miller.sh FEED.csv FOLDER
mlr -S --records-per-batch 5000 --nr-progress-mod 100000000 --icsv --ocsv --quote-all --from "$1" \
	put '$employment_status = $employment_status == "Terminated" ? "inactive" : "active";
		$work_email = tolower($work_email);
		if ($preferred_name != "") { $first_name = $preferred_name }' \
	then cut -o -f employee_id,login,employment_status,buyer,expenses,work_email,first_name,last_name,department,work_phone,approval_limit,manager_login,cost_center,currency,locale,location,city,country,grade,function \
	then rename 'employee_id,Employee Number,login,Login,employment_status,Status,buyer,Purchasing User,expenses,Expense User,work_email,Email,first_name,First Name,last_name,Last Name,department,Department,work_phone,Phone Work,approval_limit,Approval Limit,manager_login,Approver Login,cost_center,Default Account Code Segment-1,currency,Default Currency,locale,Default Locale,location,Default Address Location Code,city,Default Address City,country,Country Of Residence Code,grade,Seniority Level,function,Business Function' \
	then split -n 5000 --prefix "$2/part"
