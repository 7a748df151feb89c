package mapping

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

// didYouMean returns a hint where one of names is similar, else "".
func didYouMean(name string, names []string) string {
	near := alike.Nearest(name, names)
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}
