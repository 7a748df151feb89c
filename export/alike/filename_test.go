package alike

import (
	"cmp"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestFileNamesInOrder(t *testing.T) {
	want := []string{
		"", "-", "0", "00", "1", "1.csv", "01.csv", "2.csv", "10.csv",
		"users", "users-9.csv", "users-09.csv", "users-9.csv.gz", "users-10.csv",
		"users-2026-9-30.csv", "users-2026-10-1.csv", "users-2026-10-01.csv", "users-18446744073709551616.csv", "users-18446744073709551617.csv", "users.csv",
		"users1.csv", "users1a.csv", "users1b2.csv", "users1b10.csv", "users2.csv", "users_20261124.csv", "users_20261125.csv",
		"usersa.csv", "üsers-9.csv", "üsers-10.csv",
	}
	got := slices.Clone(want)
	rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, CompareFileNames)
	if !slices.Equal(got, want) {
		t.Errorf("order\n%q, want\n%q", got, want)
	}
}

func TestDifferInDigits(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"users-9.csv", "users-10.csv", true},
		{"users-9.csv", "users-09.csv", true},
		{"users_20261124_1of2.csv", "users_20261125_2of2.csv", true},
		{"9", "10", true},
		{"users-9.csv", "users-9.csv", false},
		{"users.csv", "users1.csv", false},
		{"users1.csv", "users.csv", false},
		{"users-9.csv", "users-9.csv.gz", false},
		{"users-9.csv", "Users-10.csv", false},
		{"users-9", "users-10a", false},
		{"", "", false}, {"", "1", false}, {"1", "", false},
		{"users-٩.csv", "users-9.csv", false},
	} {
		if got := DifferInDigits(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
		if got := DifferInDigits(tt.b, tt.a); got != tt.want {
			t.Errorf("%q and %q: %v", tt.b, tt.a, got)
		}
	}
}

// TestFileNamesAreOrderedWholly: the order is total, only a name is equal to itself, and it is that of the names with every
// number filled up with zeros.
func TestFileNamesAreOrderedWholly(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 3))
	for range 200_000 {
		a, b, c := someName(rng), someName(rng), someName(rng)
		checkOrder(t, a, b, c)
		if t.Failed() {
			return
		}
	}
}

func FuzzFileNames(f *testing.F) {
	f.Add("users-9.csv", "users-10.csv", "users-010.csv")
	f.Add("1", "01", "a")
	f.Fuzz(checkOrder)
}

func checkOrder(t *testing.T, a, b, c string) {
	ab, bc, ac := sign(CompareFileNames(a, b)), sign(CompareFileNames(b, c)), sign(CompareFileNames(a, c))
	switch {
	case (ab == 0) != (a == b):
		t.Errorf("%q and %q: %d", a, b, ab)
	case ab != -sign(CompareFileNames(b, a)):
		t.Errorf("%q and %q: %d, and the same the other way round", a, b, ab)
	case ab <= 0 && bc <= 0 && ac > 0 || ab >= 0 && bc >= 0 && ac < 0:
		t.Errorf("%q, %q, %q: %d, %d, and %d", a, b, c, ab, bc, ac)
	}
	if x, y := filled(a), filled(b); x != y && ab != strings.Compare(x, y) {
		t.Errorf("%q and %q: %d, want that of %q and %q", a, b, ab, x, y)
	}
	if kin := skeleton(a) == skeleton(b) && a != b; DifferInDigits(a, b) != kin {
		t.Errorf("%q and %q differ in digits: %v", a, b, !kin)
	}
}

func sign(n int) int { return cmp.Compare(n, 0) }

// eachNumber replaces the runs of digits in a name.
func eachNumber(name string, f func(digits string) string) string {
	var out strings.Builder
	for name != "" {
		i := strings.IndexAny(name, "0123456789")
		if i < 0 {
			i = len(name)
		}
		out.WriteString(name[:i])
		name = name[i:]
		n := len(name) - len(strings.TrimLeft(name, "0123456789"))
		if n > 0 {
			out.WriteString(f(name[:n]))
		}
		name = name[n:]
	}
	return out.String()
}

// filled makes every number so long that it sorts as text. Long ones are rare: big.Int is the judge of what they are.
func filled(name string) string {
	return eachNumber(name, func(digits string) string {
		n, _ := new(big.Int).SetString(digits, 10)
		return strings.Repeat("0", max(0, 200-len(n.String()))) + n.String()
	})
}

func skeleton(name string) string { return eachNumber(name, func(string) string { return "9" }) }

func someName(rng *rand.Rand) string {
	pieces := []string{"users", "u", "-", "_", ".csv", ".", "ü", "0", "00", "1", "9", "10", "010", "2026", "99999999999999999999999999"}
	var out strings.Builder
	for range rng.IntN(5) {
		out.WriteString(pieces[rng.IntN(len(pieces))])
	}
	return out.String()
}
