// The bench's mapping with DuckDB, two threads. usage: NODE_MODULES=FOLDER node duckdb.mjs FEED.csv FOLDER
import { createRequire } from 'module';
const { DuckDBInstance } = createRequire(process.env.NODE_MODULES + '/')('@duckdb/node-api');
const [feed, folder] = process.argv.slice(2);
if (feed === undefined) process.exit(0); // asked only whether DuckDB is there
const db = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
await db.run(`COPY (SELECT employee_id "Employee Number", login "Login",
 CASE employment_status WHEN 'Terminated' THEN 'inactive' ELSE 'active' END "Status", buyer "Purchasing User",
 expenses "Expense User", lower(work_email) "Email", CASE preferred_name WHEN '' THEN first_name ELSE preferred_name END "First Name",
 last_name "Last Name", department "Department", work_phone "Phone Work", approval_limit "Approval Limit",
 manager_login "Approver Login", cost_center "Default Account Code Segment-1", currency "Default Currency",
 locale "Default Locale", location "Default Address Location Code", city "Default Address City",
 country "Country Of Residence Code", grade "Seniority Level", function "Business Function",
 lpad(((row_number() OVER () - 1) // 5000)::VARCHAR, 5, '0') part
 FROM read_csv('${feed}', header=true, all_varchar=true, quote='"', escape='"', delim=',', nullstr='\\N'))
 TO '${folder}' (FORMAT csv, HEADER, FORCE_QUOTE *, PARTITION_BY (part), OVERWRITE_OR_IGNORE)`);
