#!/bin/sh
# What csvkit can do of the bench's mapping: choose, order and quote columns, and split; no expression. usage: csvkit.sh FEED.csv FOLDER
csvcut -c employee_id,login,employment_status,buyer,expenses,work_email,first_name,last_name,department,work_phone,approval_limit,manager_login,cost_center,currency,locale,location,city,country,grade,function "$1" |
	csvformat -U 1 | tail -n +2 | split -l 5000 -d -a 5 - "$2/part"
