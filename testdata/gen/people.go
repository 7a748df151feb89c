package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	headcount = 300
	domain    = "@acme.example"
	chief     = "amara.okafor" // manages the heads of department; not in the feed
)

func departments() []string {
	return []string{"Finance", "Procurement", "Human Resources", "Information Technology", "Legal", "Marketing",
		"Research, Development & Quality", `Logistics "Nord"`}
}

func roles() []string {
	return []string{"User", "Buyer", "Accounts Payable", "Central Receiving", "Accounting Supervisor", "Edit as Approver",
		"Inventory Manager", "Admin", "Travel Desk"}
}

// person is what HR knows. The first of each department heads it.
type person struct {
	id, login, email                   string
	first, preferred, last             string
	status, department, manager, phone string
	country, currency, locale, roles   string
}

func header() []string {
	return strings.Split("employee_id,login,work_email,first_name,preferred_name,last_name,employment_status,department,"+
		"manager_login,work_phone,location_country,currency,locale,roles", ",")
}

func (p person) record() []string {
	return []string{p.id, p.login, p.email, p.first, p.preferred, p.last, p.status, p.department,
		p.manager, p.phone, p.country, p.currency, p.locale, p.roles}
}

// dice is the generator's only randomness. Its numbers are taken modulo by hand: the source's are promised to stay, the
// ways of rand.Rand to cut them are not.
type dice struct{ *rand.PCG }

func (d dice) below(n int) int { return int(d.Uint64() % uint64(n)) }

// hire makes the staff as HR has them after all changes, every line of it sound.
func hire() []person {
	d := dice{rand.NewPCG(2026, 11)}
	places, depts := offices(), departments()
	taken := map[string]bool{chief: true}
	var staff []person
	for i := range headcount {
		place := places[d.below(len(places))]
		first, firstASCII := spelled(place.first[d.below(10)])
		last, lastASCII := spelled(place.last[d.below(10)])
		login := unused(taken, firstASCII+"."+lastASCII)
		dept := i % len(depts)
		p := person{
			id: fmt.Sprintf("%06d", 1042+7*i), login: login, email: login + domain, first: first, last: last,
			status: "Active", department: depts[dept], manager: chief, phone: place.phone + fmt.Sprintf("%04d", 100+i),
			country: place.country, currency: place.currency, locale: place.locale, roles: []string{"User", "User,Buyer", "User,Travel Desk"}[d.below(3)],
		}
		if i >= len(depts) {
			p.manager = staff[dept].login
			if d.below(6) == 0 {
				p.phone = ""
			}
		} else {
			p.roles = "User,Edit as Approver"
		}
		if d.below(25) == 0 {
			p.status = "On Leave"
		}
		staff = append(staff, p)
	}
	return staff
}

func unused(taken map[string]bool, login string) string {
	name := login
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s%d", login, n)
	}
	taken[name] = true
	return name
}
