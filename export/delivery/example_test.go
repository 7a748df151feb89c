package delivery_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export/delivery"
)

// A Runner takes parts from the ledger to their verdicts. Each move is in the ledger before the next one begins, so that a
// later start can go on from any of them.
func ExampleRunner() {
	night := newRig(done())
	night.change = func(r *delivery.Runner) { r.Poll = time.Millisecond }
	night.part("Users_1of1.csv", 1)
	if _, err := night.drive(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(night.ledger.moves, "\n"))
	fmt.Println("verdict:", night.ledger.parts["Users_1of1.csv"].Verdict)
	// Output:
	// Users_1of1.csv staged
	// Users_1of1.csv renaming
	// Users_1of1.csv delivered
	// Users_1of1.csv settled
	// verdict: ok
}
