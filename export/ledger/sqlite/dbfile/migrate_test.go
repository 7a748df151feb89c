package dbfile

import (
	"os"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// TestReleasedMigrationsStay: a released migration never changes. A new one gets its line here when it is released.
func TestReleasedMigrationsStay(t *testing.T) {
	for name, sum := range map[string]string{
		"schema.sql":          "28e1a5d5408f5bab1f964aba0f60446b3a65c7857a9db9faf9ae7a1d5281dba4",
		"kept.sql":            "a3d2de0a5545409d3e0f1473172d1ebfd57991475698606c197b541aecd3415b",
		"schema_mappings.sql": "e9de5a4e910f621184fe7a45e0816ec0cc7fef31e3207274e89e88ce5973ae3c",
		"care.sql":            "c45546e549db993fd55f35e79abc0207cdf3eaaccfdeef4a1f8640915b34180e",
		"notices.sql":         "a134445206b96d56baf7df553ec4cae652804632d8066487a70afb08b21720ad",
		"readback.sql":        "a967a23541c862981c6a0c4e3e34b7bcd77752ef1acb5c09bd5184221b8bf015",
		"completed.sql":       "b5b0d89bd1c713831368eba876f1e3b97db8cc17b929ea300198feb521500744",
		"writes.sql":          "0be2299cd9383b347beb81c75aac9434ae1af52c9acfc9677ee8f07f47acec2a",
		"pseudonyms.sql":      "59ea050fb78e136325bcc0fb06a01aa64f8257d343f4f8027963e71747551bee",
		"lineend.sql":         "e55f4866bdfe3619a4843aec6b6b7cdc5234dcd6dc084602ff34bb464132d668",
		"unfilled.sql":        "5a42ebcb2eca6a37ff023eb9374ab56597608e1befd09ed0eee58010134632e9",
	} {
		if got := ledger.Hash(ledgertest.Must[[]byte](t)(os.ReadFile(name))); got != sum {
			t.Errorf("%s has changed: put it back, and make the change in a migration of its own", name)
		}
	}
}
