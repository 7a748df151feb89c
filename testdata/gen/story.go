package main

import (
	"cmp"
	"strings"
)

// The people something happens to, by their place in the staff. Of the others one in five has an ordinary change.
const (
	quoted, twoRecords             = 12, 45
	noAt, noLastName, longName     = 23, 57, 86
	ragged, sharedMail, sabbatical = 110, 140, 170
	unknownDepartment, takenLogin  = 200, 230
	renamed                        = 260
)

func leavers() []int { return []int{31, 72, 99, 128, 163, 211, 277} }

// story is the two files: HR's records, and Coupa's users before.
type story struct {
	records [][]string
	users   []map[string]any
}

// playNight lets things happen: what Coupa held before is written first, then the feed with all that is wrong in it.
func playNight(staff []person) story {
	staff[quoted] = called(staff[quoted], "robert.obrien", `Robert "Bob"`, "O'Brien, Jr.")
	staff[longName] = called(staff[longName], "maria.delosangeles", "María Guadalupe Inmaculada de los Ángeles y Todos los Santos", "Prado")
	staff[takenLogin] = called(staff[takenLogin], "jane.smith2", "Jane", "Smith")
	staff[renamed] = called(staff[renamed], "ida.holm", "Ida", "Holm")
	for i := range staff {
		if i%20 == 7 && i != noLastName {
			staff[i].preferred = []string{"Robin", "Sam", "Alex", "Kit", "Max"}[i/20%5]
		}
	}
	var s story
	s.users = append(s.users, admins()...)
	for i, p := range staff {
		s.users = append(s.users, user(1000+i, before(i, p, staff)))
	}
	for i := range staff {
		s.records = append(s.records, after(i, staff))
	}
	s.records = append(s.records, newHire(staff).record(), secondRecord(staff[twoRecords]).record())
	return s
}

// before takes one person's change back.
func before(i int, p person, staff []person) person {
	depts := len(departments())
	p.status = "Active"
	switch {
	case i == longName:
		p.first = "Guadalupe"
	case i == 4: // a head of department keeps department and manager
		p.roles = "User"
	case i%100 == 7:
		p.preferred = ""
	case i%60 == 22:
		p.phone = ""
	case i%5 != 0, i < depts, i == renamed, i == takenLogin: // logins are changed in after
	case i/5%6 == 0:
		p.department = departments()[(i+1)%depts]
	case i/5%6 == 1:
		p.manager = staff[(i+3)%depts].login
	case i/5%6 == 2:
		p.last += "-Lund"
	case i/5%6 == 3:
		p.roles = "User,Central Receiving"
	case i/5%6 == 4:
		p.currency, p.locale = "EUR", "en"
	case i/5%6 == 5:
		p.email = strings.TrimSuffix(p.email, domain) + "@old.acme.example"
	}
	return p
}

// after is a person's record in the feed, with what goes wrong in it.
func after(i int, staff []person) []string {
	p := staff[i]
	for _, leaver := range leavers() {
		if i == leaver {
			p.status = "Terminated"
		}
	}
	switch i {
	case noAt:
		p.email = strings.Replace(p.email, "@", ".", 1)
	case noLastName:
		p.last = ""
	case sharedMail + 1:
		p.email = staff[sharedMail].email
	case sabbatical:
		p.status = "Sabbatical"
	case unknownDepartment:
		p.department = "Quantum Logistics"
	case takenLogin:
		p.login = "jane.smith" // belongs to a person who left years ago
	case renamed:
		p.last, p.login, p.email = "Rosenkrantz", "ida.rosenkrantz", "ida.rosenkrantz"+domain
	case twoRecords:
		p.department = staff[0].department
	case ragged:
		fields := p.record()
		return append(fields[:11:11], fields[12:]...) // no currency
	}
	return p.record()
}

// called gives a person another name.
func called(p person, login, first, last string) person {
	p.login, p.email, p.first, p.last = login, login+domain, first, last
	return p
}

// newHire reports to a person who was there before.
func newHire(staff []person) person {
	return person{
		id: "009001", login: "bjork.gudmundsdottir", email: "Bjork.Gudmundsdottir" + domain, first: "Björk", last: "Guðmundsdóttir",
		status: "Active", department: staff[1].department, manager: staff[1].login, phone: "+45 325-550-0997",
		country: "DK", currency: "DKK", locale: "da", roles: "User,Buyer",
	}
}

// secondRecord is what HR wrote later that day: a new phone, and nothing about the department that the first one moved.
func secondRecord(p person) person {
	p.phone, p.department = "+34 915-550-0998", ""
	return p
}

// user is a person as Coupa's API shows one.
func user(id int, p person) map[string]any {
	u := map[string]any{
		"id": id, "login": p.login, "email": p.email, "firstname": cmp.Or(p.preferred, p.first), "lastname": p.last,
		"employee-number": p.id, "active": true, "roles": named(p.roles), "department": map[string]any{"name": p.department},
		"manager": map[string]any{"login": p.manager}, "default-currency": map[string]any{"code": p.currency},
		"default-locale": p.locale, "country-of-residence": map[string]any{"code": p.country},
	}
	if p.phone != "" {
		u["phone-work"] = phone(p.phone)
	}
	return u
}

// phone is a number in the form of a cell, +aa xxx-yyy-zzzz or xxx-yyy-zzzz, as Coupa's API shows it.
func phone(text string) map[string]any {
	country, rest, abroad := strings.Cut(text, " ")
	if !abroad {
		country, rest = "1", text
	}
	area, number, _ := strings.Cut(rest, "-")
	return map[string]any{"country-code": strings.TrimPrefix(country, "+"), "area-code": area, "number": number}
}

func named(list string) []any {
	var out []any
	for name := range strings.SplitSeq(list, ",") {
		out = append(out, map[string]any{"name": name})
	}
	return out
}

// admins are in Coupa and not in the feed: whoever runs it, the chief, and one who left.
func admins() []map[string]any {
	account := func(id int, login, first, last, number string, active bool, list string) map[string]any {
		u := map[string]any{"id": id, "login": login, "email": login + domain, "firstname": first, "lastname": last,
			"active": active, "roles": named(list), "default-currency": map[string]any{"code": "EUR"}}
		if number != "" {
			u["employee-number"] = number
		}
		return u
	}
	return []map[string]any{
		account(1, "coupa.admin", "Coupa", "Admin", "", true, "User,Admin"),
		account(2, "integration", "HR", "Integration", "", true, "User"),
		account(3, chief, "Amara", "Okafor", "000001", true, "User,Edit as Approver"),
		account(4, "jane.smith", "Jane", "Smith", "000417", false, "User"),
	}
}
