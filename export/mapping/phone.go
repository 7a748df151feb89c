package mapping

import (
	"errors"
	"strings"
)

// dialPlan is what turns a national phone number into an international one.
type dialPlan struct {
	code  string // calling code
	trunk string // dialled before a national number inside the country
}

// dialling lists countries as "ISO code/trunk ISO code/trunk ..."; a trunk of 0 is omitted, - means none.
const dialling = `US 1/1 CA 1/1 DO 1/1 JM 1/1 PR 1/1 TT 1/1 BS 1/1 BB 1/1 RU 7/8 KZ 7/8 EG 20 ZA 27 GR 30/- NL 31 BE 32 FR 33
ES 34/- HU 36/06 IT 39/- VA 39/- RO 40 CH 41 AT 43 GB 44 GG 44 JE 44 IM 44 DK 45/- SE 46 NO 47/- PL 48/- DE 49 PE 51 MX 52/- CU 53 AR 54
BR 55 CL 56/- CO 57/- VE 58 MY 60 AU 61 ID 62 PH 63 NZ 64 SG 65/- TH 66 JP 81 KR 82 VN 84 CN 86 TR 90 IN 91 PK 92
AF 93 LK 94 MM 95 IR 98 MA 212 DZ 213 TN 216/- LY 218 SN 221/- CI 225/- NG 234 CM 237/- KE 254 TZ 255 UG 256 ET 251
GH 233 PT 351/- LU 352/- IE 353 IS 354/- AL 355 MT 356/- CY 357/- FI 358 BG 359 LT 370/8 LV 371/- EE 372/- MD 373 AM 374
BY 375/8 MC 377/- SM 378/- UA 380 RS 381 ME 382 HR 385 SI 386 BA 387 MK 389 CZ 420/- SK 421 LI 423/- GT 502/- SV 503/-
HN 504/- NI 505/- CR 506/- PA 507/- HT 509/- BO 591 EC 593 PY 595 UY 598 HK 852/- MO 853/- KH 855 LA 856 BD 880 TW 886
LB 961 JO 962 IQ 964 KW 965/- SA 966 OM 968/- AE 971 IL 972 BH 973/- QA 974/- MN 976 NP 977 AZ 994 GE 995 KG 996 UZ 998/-`

var countries, callingCodes = parseDialling(dialling)

func parseDialling(list string) (byName map[string]dialPlan, codes map[string]bool) {
	byName, codes = map[string]dialPlan{}, map[string]bool{}
	words := strings.Fields(list)
	for i := 0; i+1 < len(words); i += 2 {
		code, trunk, given := strings.Cut(words[i+1], "/")
		switch {
		case !given:
			trunk = "0"
		case trunk == "-":
			trunk = ""
		}
		byName[words[i]] = dialPlan{code, trunk}
		codes[code] = true
	}
	return byName, codes
}

func countryOf(name string) (dialPlan, error) {
	c, ok := countries[strings.ToUpper(strings.TrimSpace(name))]
	if !ok {
		return dialPlan{}, errors.New("the country is unknown: give its two letters, for example US, GB or DE")
	}
	return c, nil
}

// phone returns a number in one of the two forms of the page "Users Import": xxx-yyy-zzzz, +aa xxx-yyy-zzzz.
func phone(args []value) (value, error) {
	s, err := args[0].scalar()
	if s = strings.TrimSpace(s); err != nil || s == "" {
		return value{}, err
	}
	name, err := args[1].scalar()
	if err != nil {
		return value{}, err
	}
	home, err := countryOf(name)
	if err != nil {
		return value{}, err
	}
	digits, international, err := phoneDigits(s)
	if err != nil {
		return value{}, err
	}
	code, national := home.code, digits
	if international {
		code, national, err = splitCode(digits)
	} else if len(digits) > 10 && home.trunk != "" {
		national = strings.TrimPrefix(digits, home.trunk)
	} else if home.trunk == "0" && strings.HasPrefix(digits, "0") {
		national = digits[1:] // 06 12 34 56 78 is nine national digits, not ten
	}
	if err != nil {
		return value{}, err
	}
	if len(national) != 10 {
		return value{}, errors.New("a form is documented only for numbers of ten national digits: leave this phone out")
	}
	grouped := national[:3] + "-" + national[3:6] + "-" + national[6:]
	isUS := code == "1" && (home.code != "1" || strings.EqualFold(strings.TrimSpace(name), "US"))
	if isUS {
		return textValue(grouped), nil
	}
	return textValue("+" + code + " " + grouped), nil
}

// phoneDigits drops the signs between digits; international reports whether the number began with + or 00.
func phoneDigits(s string) (digits string, international bool, err error) {
	s = strings.Replace(s, "(0)", "", 1) // +44 (0)20 ...: the trunk prefix for calls inside the country
	s, international = strings.CutPrefix(s, "+")
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9':
			out = append(out, byte(r))
		case strings.ContainsRune(" \t\u00a0\u202f-‐‑–./()", r):
		default:
			return "", false, errors.New("the number holds something other than digits, blanks and - . / ( ): extensions and texts have no form in Coupa")
		}
	}
	digits = string(out)
	if rest, ok := strings.CutPrefix(digits, "00"); ok && !international {
		return rest, true, nil
	}
	return digits, international, nil
}

// splitCode cuts off the calling code. No code begins with another one, so the first match is right.
func splitCode(digits string) (code, national string, err error) {
	for n := 1; n <= 3 && n < len(digits); n++ {
		if callingCodes[digits[:n]] {
			return digits[:n], digits[n:], nil
		}
	}
	return "", "", errors.New("the calling code behind the + is unknown")
}
