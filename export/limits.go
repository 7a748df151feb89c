package export

import "fmt"

// Limit is a ceiling: the larger of a count and a percentage of the people the ledger knows.
type Limit struct {
	Count     int
	Percent   float64 // 0 to 100
	Unlimited bool
}

// Ceiling is how many the limit allows when the ledger knows that many people.
func (l Limit) Ceiling(people int) int { return max(l.Count, int(l.Percent*float64(people)/100)) }

// Limits are the ceilings of one run. Creates are not judged before sending while nobody has been asked whom Coupa
// knows: a load that counts more is an alarm.
type Limits struct {
	Creates, Updates, Deactivations Limit
}

// Broken says which limits a plan exceeds, each with what to do; nil where it is within all of them.
func (l Limits) Broken(p *Plan, people int) []string {
	var broken []string
	hold := func(key string, n int, limit Limit) {
		if ceiling := limit.Ceiling(people); !limit.Unlimited && n > ceiling {
			broken = append(broken, fmt.Sprintf("limits.%s allows %d (%d people known) and the plan has %d; raise the limit if this is meant",
				key, ceiling, people, n))
		}
	}
	hold("deactivations", p.Deactivations, l.Deactivations)
	hold("updates", p.Rows-p.Deactivations, l.Updates)
	return broken
}
