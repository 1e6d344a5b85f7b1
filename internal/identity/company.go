package identity

import "strings"

// legalForms are the words that end a company's name and say only how it is constituted, in the form of words (initials joined,
// case folded, accents kept), those of several words first. "holding" and "group" are no legal forms: they tell companies apart.
var legalForms = [...]string{
	" s de rl de cv", " sab de cv", " sapi de cv", " sa de cv", " srl de cv", " ug haftungsbeschränkt", " private limited",
	" sp zoo", " sp z oo", " sp k", " sp j", " spółka z ograniczoną odpowiedzialnością", " spółka akcyjna", " spol sro",
	" ltd şti", " ltd sti", " kabushiki kaisha",

	" inc", " incorporated", " llc", " llp", " lllp", " lp", " pllc", " plc", " ltd", " limited", " corp", " corporation", " company",
	" co", " pbc", " cic", " pty", " pvt", " pte", " bhd", " sdn", " berhad", " tbk", " na",
	" gmbh", " ggmbh", " mbh", " ag", " kg", " kgaa", " ohg", " gbr", " ug", " ev", " eg", " se",
	" sa", " sas", " sasu", " sarl", " sàrl", " eurl", " snc", " sca", " scs", " sprl", " bvba", " cvba", " vof", " nv", " bv",
	" srl", " srls", " spa", " sapa", " sl", " slu", " sau", " lda", " ltda", " limitada", " eireli", " cv",
	" ab", " as", " asa", " aps", " oy", " oyj", " ehf", " hf", " oü", " uab", " sia", " kft", " zrt", " nyrt", " sro", " doo",
	" dd", " ad", " ead", " eood", " ood", " jsc", " ojsc", " pjsc", " cjsc", " ooo", " oao", " zao", " pao",
	" ооо", " оао", " зао", " пао", " ао", " тов", " ltée", " ltee", " aş", " kk", " gk", " yk", " wll", " fze", " fzco", " fzllc", " dmcc",
	"株式会社", "有限会社", "合同会社", "股份有限公司", "有限责任公司", "有限公司", "주식회사", " 株", " 주", // the first seven are written without a space too
	" and", // what "Tiffany & Co." leaves
}

// leadingForms are what stands before a name: legal forms, and the article.
var leadingForms = [...]string{
	"the ", "ooo ", "oao ", "zao ", "pao ", "ооо ", "оао ", "зао ", "пао ", "ао ", "тов ", "uab ", "sia ", "pt ",
	"株式会社", "有限会社", "合同会社", "주식회사", "株 ", "주 ",
}

// CompanyName is the normal form in which two spellings of a company's name compare equal: "ACME, Inc.", "Acme Inc" and "acme" are
// all "acme". It is compatibility-composed and case-folded, with single spaces for punctuation, "&" as "and", joined initials, no
// leading "the" and without legal forms, of which "Acme GmbH & Co. KG" has several. Accents are kept. A name that is nothing but a
// legal form stays: the result is empty only when raw has no letter and no digit. It is for comparing, not for showing.
func CompanyName(raw string) string {
	name := strings.Join(words(raw, false), " ")
	for {
		rest := dropLegalForm(name)
		if rest == name {
			return name
		}
		name = strings.Join(joinInitials(strings.Fields(rest)), " ") // a form without a space may have parted initials
	}
}

// dropLegalForm takes one legal form off, if something stays.
func dropLegalForm(name string) string {
	for _, f := range leadingForms {
		if rest, ok := strings.CutPrefix(name, f); ok && rest != "" {
			return strings.TrimSpace(rest)
		}
	}
	for _, f := range legalForms {
		if rest, ok := strings.CutSuffix(name, f); ok && rest != "" {
			return strings.TrimSpace(rest)
		}
	}
	return name
}
