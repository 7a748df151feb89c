package certify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// apiSteps returns the steps of the API route: the user is looked up, the id is taken from the answer, the change is PUT to
// that id, and Coupa's answer is logged. A user who does not exist is looked up and not found, so nothing is PUT.
func apiSteps() routeSteps {
	modify := []step{
		{"GET /api/users by the login", foundByLogin},
		{"the id is taken from the answer", idTaken},
		{"the change is PUT to that id, and answered with 200", func(s *caseResult) stepResult { return s.answered(http.MethodPut, http.StatusOK) }},
		{"the 200 is logged", func(s *caseResult) stepResult { return s.callLogged(http.MethodPut, http.StatusOK) }},
	}
	remove := slices.Clone(modify)
	remove[2] = step{"the list is emptied by one PUT and filled by a second, both answered with 200", emptiedAndFilled}
	return routeSteps{
		create: []step{
			{"POST /api/users, answered with 201", posted},
			{"the 201 is logged", func(s *caseResult) stepResult {
				if u, there := s.before[s.accounts.login]; there {
					return s.wasThere(u)
				}
				return s.callLogged(http.MethodPost, http.StatusCreated)
			}},
			{"Coupa itself adds the role User", func(s *caseResult) stepResult { return s.holds([]string{"User Role Names", "User"}) }},
		},
		modify: modify, remove: remove,
		refuse: []step{
			{"Coupa refuses the change", func(s *caseResult) stepResult {
				if c, ok := s.call(refusedPut); ok {
					return pass("%s", c)
				}
				return s.notRefused()
			}},
			{"the error's text is logged", func(s *caseResult) stepResult {
				if c, ok := s.call(refusedPut); ok {
					return s.logged(fmt.Sprintf("warning: %s %s: %d: ", c.method, c.path, c.status))
				}
				return s.notRefused()
			}},
		},
		unknown: []step{
			noSuchUser,
			{"GET /api/users by the login finds no user", func(s *caseResult) stepResult {
				c, ok := s.call(func(c call) bool { return c.looksFor(s.accounts.absent) && c.status != 0 })
				if !ok {
					return fail("no call asks for %s", s.accounts.absent)
				}
				return pass("%s", c)
			}},
			{"nothing is written", func(s *caseResult) stepResult {
				if c, ok := s.call(func(c call) bool { return strings.HasPrefix(c.path, "/api/users") && c.method != http.MethodGet }); ok {
					return fail("%s", c)
				}
				return pass("no PUT and no POST went to Coupa; the run ended with %d", s.code)
			}},
			{"the error is logged", func(s *caseResult) stepResult { return s.logged("quarantined=1") }},
		},
		absent: func(c accounts) map[string]string {
			local, domain, _ := strings.Cut(c.email, "@")
			return map[string]string{"login": c.absent, "email": local + "_nobody@" + domain, "first_name": "USER", "last_name": "NOBODY"}
		},
	}
}

func foundByLogin(s *caseResult) stepResult {
	c, ok := s.call(func(c call) bool { return c.looksFor(s.accounts.login) && c.status == http.StatusOK })
	if !ok {
		return fail("no GET asks for the login %s; %s", s.accounts.login, s.why())
	}
	return pass("%s", c)
}

// idTaken compares the id that the PUT went to with the id of the user who has the login.
func idTaken(s *caseResult) stepResult {
	u, ok := s.before[s.accounts.login]
	if !ok {
		return fail("no Coupa user has the login %s", s.accounts.login)
	}
	var other string
	for _, c := range s.calls {
		id, write := strings.CutPrefix(c.path, "/api/users/")
		switch {
		case c.method != http.MethodPut || !write:
		case id == u.ID:
			return pass("%s is Coupa id %s, and the PUT goes to /api/users/%s", s.accounts.login, u.ID, id)
		default:
			other = c.path
		}
	}
	if other != "" {
		return fail("%s is Coupa id %s, and the PUT goes to %s", s.accounts.login, u.ID, other)
	}
	return fail("there was no PUT; %s", s.rowsSaid())
}

func refusedPut(c call) bool { return c.method == http.MethodPut && c.status >= http.StatusBadRequest }

// notRefused says why there is no error. Coupa's pages say that a reference that does not exist is ignored.
func (s *caseResult) notRefused() stepResult {
	if s.rep != nil && s.rep.Counts.By[export.Drifted] > 0 {
		return unseen("Coupa answered with 200 and kept the old value (%s); give --taken-mention for a change that it must refuse", s.rowsSaid())
	}
	return fail("no PUT was refused; %s", s.rowsSaid())
}

func posted(s *caseResult) stepResult {
	if u, there := s.before[s.accounts.login]; there {
		return s.wasThere(u)
	}
	return s.answered(http.MethodPost, http.StatusCreated)
}

func emptiedAndFilled(s *caseResult) stepResult {
	var said []string
	for _, c := range s.calls {
		if c.method == http.MethodPut {
			said = append(said, c.String())
			if c.status != http.StatusOK {
				return fail("%s", strings.Join(said, ", then "))
			}
		}
	}
	if len(said) != 2 {
		return fail("%s; %s", export.Plural(len(said), "PUT"), s.rowsSaid())
	}
	return pass("%s", strings.Join(said, ", then "))
}

// answered reports whether Coupa answered the first write of this method with this status.
func (s *caseResult) answered(method string, status int) stepResult {
	c, ok := s.call(func(c call) bool { return c.method == method && strings.HasPrefix(c.path, "/api/users") })
	if !ok {
		return fail("there was no %s; %s", method, s.rowsSaid())
	}
	if c.status != status {
		return fail("%s; %s", c, s.rowsSaid())
	}
	return pass("%s", c)
}

// callLogged looks for a write with this answer, and for its line in the run's log.
func (s *caseResult) callLogged(method string, status int) stepResult {
	c, ok := s.call(func(c call) bool { return c.method == method && c.status == status })
	if !ok {
		return fail("there was nothing to log")
	}
	return s.logged(fmt.Sprintf("%s %s: %d", c.method, c.path, c.status))
}

func (s *caseResult) call(is func(call) bool) (call, bool) {
	if i := slices.IndexFunc(s.calls, is); i >= 0 {
		return s.calls[i], true
	}
	return call{}, false
}

// looksFor reports whether a call asks for the user with this login.
func (c call) looksFor(login string) bool {
	return c.method == http.MethodGet && c.path == "/api/users" && slices.Contains(strings.Split(c.filter, "&"), "login="+login)
}
