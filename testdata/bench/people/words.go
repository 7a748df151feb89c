package main

// place belongs together: a phone number in Coupa's form, currency, locale and country of one site.
type place struct{ dial, currency, locale, country, city, site string }

var places = []place{
	{"", "USD", "en", "US", "New York", "NYC-01"},
	{"", "USD", "en", "US", "San José", "SJC-02"},
	{"", "CAD", "fr-CA", "CA", "Montréal", "YUL-01"},
	{"+44 ", "GBP", "en-GB", "GB", "London", "LON-03"},
	{"+49 ", "EUR", "de", "DE", "München", "MUC-01"},
	{"+41 ", "CHF", "de-CH", "CH", "Zürich", "ZRH-01"},
	{"+33 ", "EUR", "fr", "FR", "Paris", "PAR-01"},
	{"+34 ", "EUR", "es", "ES", "Málaga", "AGP-01"},
	{"+81 ", "JPY", "ja", "JP", "東京", "TYO-01"},
	{"+55 ", "BRL", "pt-BR", "BR", "São Paulo", "GRU-01"},
	{"+48 ", "PLN", "pl", "PL", "Łódź", "LCJ-01"},
	{"+91 ", "INR", "en-IN", "IN", "Bengaluru", "BLR-02"},
}

var logins = []string{
	"ada", "amara", "anna", "bruno", "chidi", "dana", "elif", "emil", "femi", "grace", "hana", "ines", "ivan", "jonas",
	"kenji", "lena", "liam", "maria", "mei", "nadia", "noah", "olga", "omar", "paul", "priya", "rosa", "sakura", "sven",
	"tariq", "uma", "wei", "yara", "zofia",
}

var firstNames = []string{
	"Ada", "Amara", "Anna", "Bruno", "Chidi", "Dana", "Élodie", "Emil", "Fẹ́mi", "Grace", "花", "Inês", "Иван", "Jonas",
	"健二", "Lena", "Liam", "María José", "梅", "Nádia", "Noah", "Ольга", "عمر", "Paul", "प्रिया", "Rosa", "さくら", "Søren",
	"Ταρίκ", "Uma", "伟", "Yara", "Żofia",
}

var nickNames = []string{"Bob \"Bobby\"", "Annie", "Jörg", "Łucja", "小梅", "Mia-Sophie", "D'Arcy", "T. J."}

var lastNames = []string{
	"Smith", "Smith, Jr.", "O'Neil", "Müller", "Nguyễn", "García Márquez", "de la Cruz", "Okafor", "加藤", "Петров",
	"Kowalska", "Łukasiewicz", "Rousseau", "Sørensen", "Zhang", "Patel", "Johnson", "van den Berg", "Haddad", "Silva",
	"Öztürk", "Kim", "Rossi", "Novák", "Andersson", "Dubois", "Yamamoto", "Papadopoulos", "Ivanova", "Chen",
}

// statuses are those of people who stay: leavers go to files of their own, which no other program here could write in passing.
var statuses = []string{"Active", "Active", "Active", "Active", "On Leave", "Probation"}

var functions = []string{"Finance", "Procurement", "Engineering", "Sales & Marketing", "People", "Operations", "Legal"}

var departments = []string{
	"Accounts Payable", "Sales, EMEA", "Sales, Americas", "R&D \"Blue\"", "Facilities", "Information Technology",
	"Forschung & Entwicklung", "Achats indirects", "購買部", "Customer Care", "Legal, Risk and Compliance", "Logistics",
}
