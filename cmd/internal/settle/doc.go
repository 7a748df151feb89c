// Package settle records a person's decision about a part without a verdict, or about records that are kept. It refills the
// lists that a call has emptied first; if it cannot, it refuses the decision.
package settle
