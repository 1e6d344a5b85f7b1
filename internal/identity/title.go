package identity

import "strings"

// What Seniority returns, from the most senior down.
const (
	SeniorityCLevel   = "c_level"  // chief officers, founders, owners, presidents, managing directors, Geschäftsführer
	SeniorityVP       = "vp"       // vice presidents of all kinds
	SeniorityDirector = "director" // directors and heads of
	SeniorityManager  = "manager"  // managers and team leads
	SenioritySenior   = "senior"   // seniors, principals, staff: experienced, without a team by their title
	SeniorityEntry    = "entry"    // juniors, trainees, interns, assistants
	SeniorityStudent  = "student"
)

// What Department returns.
const (
	DepartmentExecutive   = "executive" // the whole company: chief executives, founders, owners
	DepartmentFinance     = "finance"
	DepartmentIT          = "it"
	DepartmentSecurity    = "security"
	DepartmentEngineering = "engineering"
	DepartmentData        = "data"
	DepartmentProduct     = "product"
	DepartmentDesign      = "design"
	DepartmentMarketing   = "marketing"
	DepartmentSales       = "sales"
	DepartmentSupport     = "support" // customer success and customer service
	DepartmentOperations  = "operations"
	DepartmentProcurement = "procurement"
	DepartmentHR          = "hr"
	DepartmentLegal       = "legal"
	DepartmentResearch    = "research"
)

// A titleRule gives its value to titles with one of the phrases, in the form of words without accents. A phrase stands between word
// limits; one that ends in "*" may go on within its last word, one that starts with "*" may start within its first.
type titleRule struct{ value, phrases string }

// Seniority rules, the first that matches.
var seniorityRules = [...]titleRule{
	{SeniorityStudent, "student|studentin|werkstudent|werkstudentin|etudiant|etudiante|estudiante|studente|phd candidate|doctorand|doktorand"},
	{SeniorityEntry, "intern|internship|trainee|apprentice|praktikant*|stagiaire|azubi|auszubildende*|alternant|becario|becaria|junior|jr|assistant to|assistant of|executive assistant|personal assistant|administrative assistant|office assistant|assistent der|assistentin der|assistenz*|assistante de|assistant de|assistante|asistente de|secretary to|pa to|ea to"},
	{SeniorityDirector, "chief of staff|vorstandsassistent*"},
	{SenioritySenior, "chief engineer|chief architect|chief scientist"},
	{SeniorityVP, "vp|svp|evp|avp|rvp|gvp|vice president|vicepresident|vice prasident*|vizeprasident*|vicepresidente|vicepresidenta|vice presidente"},
	{SeniorityCLevel, "ceo|cfo|cto|coo|cmo|cio|ciso|cso|cro|cpo|chro|cdo|cco|clo|cao|cxo|chief|chairman|chairwoman|chairperson|founder|cofounder|co founder|founding partner|managing partner|president|presidente|presidenta|prasident|prasidentin|managing director|geschaftsfuhr*|geschaeftsfuehr*|vorstand|vorstandin|vorstandsvorsitzende*|vorstandsmitglied|inhaber|inhaberin|grunder|grunderin|eigentumer|fondateur|fondatrice|cofondateur|cofondatrice|fundador|fundadora|cofundador|propietario|propietaria|gerant|gerante|pdg|dg|directeur general|directrice generale|director general|directora general|consejero delegado|consejera delegada|amministratore delegato|business owner|company owner|co owner|shop owner|sole proprietor|proprietor"},
	{SeniorityDirector, "director|directora|directeur|directrice|direktor|direktorin|direttore|head|leiter|leiterin|leitung|general manager|jefe de departamento|dsi|drh|daf"},
	{SeniorityManager, "teamleit*|gruppenleit*|projektleit*|schichtleit*"},
	{SeniorityDirector, "*leiter|*leiterin|*leitung"},
	{SeniorityManager, "manager|managerin|mgr|lead|team lead|supervisor|foreman|responsable|gerente|jefe|jefa|chef|cheffe|encargado|encargada|responsabile"},
	{SenioritySenior, "senior|sr|principal|staff|expert|experte|expertin|fellow|confirme|distinguished"},
	{SeniorityEntry, "assistant|assistent|assistentin|assistente|asistente|auxiliar|associate|clerk|receptionist|secretary|graduate|aushilfe|sachbearbeiter*"},
}

// Department rules, the first that matches: those that another department's word stands beside come before it ("sales engineer",
// "product marketing", "data protection").
var departmentRules = [...]titleRule{
	{DepartmentProcurement, "procurement|purchasing|purchaser|buyer|sourcing|einkauf*|beschaffung*|achats|acheteur|acheteuse|compras|comprador|compradora|category manager"},
	{DepartmentLegal, "legal|counsel|attorney|lawyer|solicitor|paralegal|compliance|privacy|data protection|dpo|clo|jurist|juristin|rechts*|datenschutz*|juridique|juriste|avocat|avocate|abogado|abogada|juridico|contract manager"},
	{DepartmentHR, "hr|human resources|people|people operations|people ops|talent|recruiter|recruiting|recruitment|chro|personalleit*|personalreferent*|personalabteilung|personalwesen|personalchef*|personalentwickl*|rh|drh|ressources humaines|recursos humanos|rrhh|payroll|learning and development|compensation and benefits"},
	{DepartmentFinance, "finance|financial|cfo|controller|controlling|comptroller|accounting|accountant|accounts payable|accounts receivable|bookkeeper|treasury|treasurer|tax|audit|auditor|fp and a|finanz*|buchhalt*|steuer*|finances|financier|financiere|daf|comptab*|comptable|finanzas|financiero|financiera|contable|contabilidad|tesorer*"},
	{DepartmentMarketing, "marketing|cmo|brand|content|seo|sem|ppc|demand gen|demand generation|lead generation|growth|communications|communication|kommunikation*|public relations|pr manager|social media|events|werbung|advertising|copywriter|field marketing|abm|*marketing|marketing*|comunicacion|publicidad|mercadeo"},
	{DepartmentSupport, "customer success|customer support|customer service|customer care|customer experience|client success|technical support|support engineer|support manager|support specialist|head of support|kundenservice|kundendienst|kundenbetreu*|service client|atencion al cliente|soporte"},
	{DepartmentSales, "sales|cro|chief revenue|revenue|account executive|account manager|key account|business development|biz dev|bdr|sdr|ae|presales|pre sales|solutions consultant|solution consultant|partnerships|partner manager|channel manager|alliances|vertrieb*|*vertrieb|verkauf*|aussendienst*|commercial|commerciale|vente|ventes|ventas|vendedor|vendedora|comercial|desarrollo de negocio"},
	{DepartmentSecurity, "security|ciso|infosec|cybersecurity|cyber|appsec|devsecops|secops|soc analyst|penetration tester|sicherheit*|*sicherheit|securite|cybersecurite|seguridad|ciberseguridad"},
	{DepartmentDesign, "design|designer|ux|ui|user experience|creative director|art director|gestalt*|diseno|disenador|disenadora|graphiste"},
	{DepartmentProduct, "product manager|product owner|product management|product lead|product director|product strategy|head of product|vp product|vp of product|vice president product|vice president of product|director of product|director product|chief product|cpo|produktmanag*|produktleit*|chef de produit|jefe de producto|data product manager"},
	{DepartmentData, "data|cdo|analytics|machine learning|ml|ai|artificial intelligence|business intelligence|bi|data scientist|statistician|daten*|donnees|datos|inteligencia artificial"},
	{DepartmentIT, "it|cio|information technology|information systems|informatik*|systemadministrator*|system administrator|systems administrator|sysadmin|network administrator|network engineer|helpdesk|help desk|service desk|desktop support|edv*|dsi|informatique|systemes d information|informatica|sistemas|infrastructure manager"},
	{DepartmentEngineering, "engineering|engineer|cto|developer|development|software|programmer|devops|sre|site reliability|platform|architect|architecture|technology|technical|tech lead|qa|quality assurance|frontend|backend|full stack|fullstack|entwickl*|softwareentwickl*|ingenieur*|techniker*|technik|technisch*|developpeur|developpeuse|ingenieur|ingeniero|ingeniera|desarrollador|desarrolladora|desarrollo|technique|tecnico|tecnica|ingegnere"},
	{DepartmentResearch, "research|researcher|r and d|rd|scientist|science|forschung*|recherche|investigacion|laboratory|lab"},
	{DepartmentProduct, "product|produkt*|produit|producto"},
	{DepartmentOperations, "operations|ops|coo|operating officer|logistics|logistik*|logistique|logistica|supply chain|warehouse|manufacturing|production|produktion*|plant|facilities|facility|betrieb*|operaciones|produccion|fertigung*|project manager|projektleit*|program manager|pmo|quality|qualitat*|chef de projet|jefe de proyecto|office manager|administration"},
	{DepartmentExecutive, "ceo|chief executive|founder|cofounder|co founder|founding partner|managing partner|owner|president|managing director|general manager|chairman|chairwoman|chairperson|board member|geschaftsfuhr*|geschaeftsfuehr*|vorstand*|inhaber|inhaberin|grunder|grunderin|eigentumer|pdg|dg|directeur general|directrice generale|gerant|gerante|fondateur|fondatrice|director general|directora general|consejero delegado|fundador|fundadora|propietario|proprietor|chief of staff"},
}

// Seniority tells from a job title how senior somebody is, in English and the common words of German, French and Spanish: one of
// the Seniority constants, or empty when no word of the title tells ("Software Engineer").
func Seniority(title string) string {
	t := titleWords(title)
	if strings.HasPrefix(t, " owner ") || strings.HasSuffix(t, " and owner ") { // elsewhere it is a product's or a process's
		return SeniorityCLevel
	}
	if t == " partner " || t == " senior partner " {
		return SeniorityDirector
	}
	return firstMatch(seniorityRules[:], t)
}

// Department tells from a job title what somebody works in: one of the Department constants, or empty when no word of it tells.
func Department(title string) string {
	t := titleWords(title)
	d := firstMatch(departmentRules[:], t)
	if d == DepartmentExecutive && firstMatch(seniorityRules[:], t) == SeniorityVP {
		return "" // a vice president of what the title does not say
	}
	return d
}

// titleWords gives the words of a title with a space before, between and behind them.
func titleWords(title string) string {
	if len(title) > 500 {
		return ""
	}
	return " " + strings.Join(words(title, true), " ") + " "
}

// firstMatch gives the value of the first rule that has a phrase in the title.
func firstMatch(rules []titleRule, title string) string {
	var initials [256]bool // of the title's words: nearly all phrases fail by their first letter
	for i := 1; i < len(title); i++ {
		initials[title[i]] = initials[title[i]] || title[i-1] == ' '
	}
	initials['*'] = true
	for _, r := range rules {
		for p := range strings.SplitSeq(r.phrases, "|") {
			if initials[p[0]] && hasPhrase(title, p) {
				return r.value
			}
		}
	}
	return ""
}

// hasPhrase says whether the phrase stands in the title between word limits, those at its "*" excepted.
func hasPhrase(title, phrase string) bool {
	p, opens := strings.CutPrefix(phrase, "*")
	p, closes := strings.CutSuffix(p, "*")
	for at := 0; ; {
		i := strings.Index(title[at:], p)
		if i < 0 {
			return false
		}
		at += i
		if (opens || title[at-1] == ' ') && (closes || title[at+len(p)] == ' ') {
			return true
		}
		at++
	}
}
