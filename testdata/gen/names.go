package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// office is where a person works: what HR writes down with it, and what people there are called. A name that does not
// fold to ASCII by itself carries its spelling for logins behind a bar.
type office struct {
	country, currency, locale string
	phone                     string // Coupa's form, up to the last four digits
	first, last               []string
}

func offices() []office {
	return []office{
		{"US", "USD", "en", "212-555-", names("Emily Marcus Tanya Joseph Carmen Derek Alicia Noah Priya Walter"), names("Johnson Ramirez Whitfield Nakamura Patel Grant Sullivan Okonkwo Delgado Brooks")},
		{"GB", "GBP", "en-GB", "+44 207-946-", names("Harriet Oliver Gemma Rhys Siobhán Callum Zoë Tariq Imogen Graham"), names("Ashworth Pemberton Hussain MacLeod Llewellyn Fairfax Bradshaw Adeyemi Thornton D'Arcy")},
		{"FR", "EUR", "fr", "+33 199-005-", names("Françoise Étienne Chloé Mathieu Anaïs Jérôme Hélène Loïc Aurélie Benoît"), names("Lefèvre Dubois Garçon Mercier L'Hôpital Rousseau Béranger Fournier Delaunay Noël")},
		{"DE", "EUR", "de", "+49 305-550-", names("Jürgen Anke Björn Käthe Sönke Ulrike Matthias Jördis Günther Lena"), names("Müller Schröder Weiß Großmann Köhler Vogel Brückner Jäger Hoffmann Schäfer")},
		{"PL", "PLN", "pl", "+48 225-550-", names("Łukasz Agnieszka Paweł Małgorzata Zbigniew Żaneta Michał Grażyna Tomasz Świętosława"), names("Żółć Kowalska Wiśniewski Dąbrowska Wójcik Śliwa Zieliński Pawłowska Brzęczyszczykiewicz Łęcki")},
		{"DK", "DKK", "da", "+45 325-550-", names("Søren Åse Jørgen Maja Bjørn Sigrid Rasmus Kåre Freja Aksel"), names("Kjærgaard Sørensen Højgaard Østergaard Lund Ærø Bødker Møller Nygård Rask")},
		{"ES", "EUR", "es", "+34 915-550-", names("José Begoña Iñaki Lucía Álvaro Nuria Sebastián María Óscar Inés"), names("Núñez Ibáñez Peña Garrido Muñoz Castaño Güell Ordóñez Quintana Vázquez")},
		{"CN", "CNY", "zh-CN", "+86 105-550-", names("秀英|xiuying 伟|wei 芳|fang 建国|jianguo 丽|li 强|qiang 敏|min 静|jing 磊|lei 洋|yang"), names("王|wang 李|li 张|zhang 刘|liu 陈|chen 杨|yang 赵|zhao 黄|huang 周|zhou 吴|wu")},
		{"JP", "JPY", "ja", "+81 355-550-", names("さくら|sakura 健太|kenta 陽子|yoko 大輔|daisuke 美咲|misaki 翔|sho 恵|megumi 拓也|takuya 愛|ai 誠|makoto"), names("佐藤|sato 鈴木|suzuki 高橋|takahashi 田中|tanaka 渡辺|watanabe 伊藤|ito 山本|yamamoto 中村|nakamura 小林|kobayashi 加藤|kato")},
		{"BR", "BRL", "pt-BR", "+55 115-550-", names("João Conceição Thiago Antônia Luís Íris César Beatriz Márcio Vitória"), names("Gonçalves Araújo Magalhães Simões Brandão Fagundes Leitão Muniz Assunção Prado")},
	}
}

func names(s string) []string { return strings.Fields(s) }

// spelled cuts a name into what HR shows and what a login has.
func spelled(name string) (shown, ascii string) {
	shown, ascii, found := strings.Cut(name, "|")
	if !found {
		ascii = fold(shown)
	}
	return shown, ascii
}

// fold makes the ASCII letters of a login: accents go, some letters are written out.
func fold(s string) string {
	s = strings.NewReplacer("ł", "l", "Ł", "l", "ø", "oe", "Ø", "oe", "æ", "ae", "Æ", "ae", "ß", "ss").Replace(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if r < unicode.MaxASCII && unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
