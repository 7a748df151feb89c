package restapi

// listOf is a list of what users refer to.
type listOf struct {
	element string // of a user
	single  string // the element of one entry
	key     string // the element with its name
}

// lists are the lists that pages of Coupa's document, by path. There is none of roles: no page has one.
var lists = map[string]listOf{
	"departments":     {"department", "department", "name"},
	"business_groups": {"content-groups", "business-group", "name"},
	"user_groups":     {"user-groups", "user-group", "name"},
	"currencies":      {"default-currency", "currency", "code"},
	"addresses":       {"default-address", "address", "location-code"},
}

// plural returns the name of a list of elements.
func plural(single string) string {
	switch single {
	case "currency":
		return "currencies"
	case "address":
		return "addresses"
	}
	return single + "s"
}
