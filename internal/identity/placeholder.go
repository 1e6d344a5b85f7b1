package identity

import "strings"

// ID is an id that somebody's site, app or file gave to a person, a browser or a group, "" when it names nobody: what a program writes where it has
// no id ("undefined", "null", "[object Object]", an id of zeros), what people write there ("guest", "N/A"), and templates that nothing filled in
// ("{{user.id}}"). Taken at their word they would make one person of everybody who has none. Anything else stays as it is.
func ID(raw string) string {
	s := strings.ToLower(strings.Trim(raw, " \t\r\n\"'`()<>"))
	if placeholderIDs[s] || strings.Trim(s, "0-") == "" || strings.Contains(s, "{{") || strings.Contains(s, "${") {
		return ""
	}
	return raw
}

// placeholderIDs are what stands for no id, in lower case and without quotes and brackets around. The words that analytics
// libraries were found to be called with are PostHog's list of distinct ids that are not merged.
var placeholderIDs = set("undefined", "null", "nil", "none", "nan", "n/a", "na", "unknown", "not set", "not provided", "not available", "[object object]", "object object", "true", "false",
	"anonymous", "anon", "guest", "not_authenticated", "not authenticated", "unauthenticated", "logged out", "logged_out", "id", "uid", "userid", "user_id", "user id",
	"distinctid", "distinct_id", "anonymousid", "anonymous_id", "groupid", "group_id", "email", "e-mail", "?")

// NoCompany says whether a company's name, in the form of CompanyName, names none: what people without one and people in a hurry write into a
// form's field. Whoever wrote the same are no committee.
func NoCompany(name string) bool { return name == "" || noCompany[name] }

var noCompany = set("na", "n a", "none", "no", "nil", "null", "undefined", "unknown", "not applicable", "not available", "not provided", "no company", "no organization", "no organisation",
	"self", "myself", "me", "self employed", "selfemployed", "self employment", "freelance", "freelancer", "freelancing", "freelance consultant", "independent", "independent consultant",
	"independent contractor", "contractor", "consultant", "sole trader", "sole proprietor", "private", "private person", "personal", "individual", "student", "retired", "unemployed",
	"between jobs", "test", "testing", "test company", "company", "my company", "company name", "your company", "example", "example company", "tbd", "various", "misc", "xxx", "asdf",
	"selbständig", "selbstständig", "selbststaendig", "freiberufler", "freiberuflich", "privat", "privatperson", "keine", "keine angabe", "student in", "schüler",
	"indépendant", "independant", "auto entrepreneur", "autoentrepreneur", "particulier", "aucun", "aucune", "étudiant", "retraité",
	"autónomo", "autonomo", "por cuenta propia", "particular", "ninguna", "ninguno", "estudiante", "libero professionista", "nessuno", "nessuna", "privato", "studente",
	"zzp", "zelfstandig", "zelfstandige", "geen", "nvt", "n v t", "privé", "autônomo", "nenhuma", "nenhum", "egenföretagare", "brak", "нет", "самозанятый", "физлицо", "частное лицо", "无", "個人", "个人", "なし")

func set(words ...string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[w] = true
	}
	return out
}
