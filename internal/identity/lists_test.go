package identity

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	emailverifier "github.com/AfterShip/email-verifier"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var update = flag.Bool("update", false, "write the lists that TestLists makes")

// Domains and roles that github.com/AfterShip/email-verifier's lists (MIT, see lists/README.md) lack or have wrongly. That module's
// own tables are maps that cost 22 MB of heap and a tenth of a second at start, so the program carries the data and not the module.
var (
	moreFree = strings.Fields(`proton.me protonmail.ch tutanota.com tutanota.de tutamail.com tuta.com tuta.io keemail.me
		duck.com icloud.com.cn privaterelay.appleid.com mozmail.com passmail.net passmail.com passinbox.com aleeas.com slmail.me 8alias.com
		skiff.com hushmail.com mailbox.org posteo.de posteo.net startmail.com runbox.com mailfence.com fastmail.fm hey.com vodafone.de
		t-online.de arcor.de kabelmail.de online.de mail.de email.de bluewin.ch hispeed.ch aon.at chello.at a1.net bbox.fr neuf.fr
		cegetel.net tiscali.it alice.it tin.it virgilio.it pec.it sapo.pt iol.pt telefonica.net movistar.es ya.com home.nl planet.nl
		casema.nl hetnet.nl quicknet.nl telfort.nl tele2.nl proximus.be scarlet.be telia.com comhem.se bredband.net online.no
		getmail.no telenor.no mail.dk stofanet.dk elisanet.fi kolumbus.fi luukku.com op.pl gazeta.pl tlen.pl post.cz email.cz
		volny.cz azet.sk abv.bg mail.bg citromail.hu freemail.hu ukr.net meta.ua bigmir.net bk.ru inbox.ru list.ru rambler.ru ya.ru
		yandex.kz mail.kz yeah.net foxmail.com sohu.com aliyun.com 139.com 189.cn vip.qq.com vip.163.com docomo.ne.jp ezweb.ne.jp
		softbank.ne.jp nifty.com ocn.ne.jp nate.com kakao.com walla.co.il walla.com bezeqint.net ig.com.br globo.com globomail.com
		r7.com optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz telkomsa.net webmail.co.za mweb.co.za shaw.ca rogers.com telus.net
		sympatico.ca videotron.ca spectrum.net charter.net cox.net optonline.net frontier.com windstream.net centurylink.net
		earthlink.net sbcglobal.net bellsouth.net roadrunner.com ntlworld.com talktalk.net virginmedia.com plus.net
		gmial.com gmai.com gamil.com gnail.com gmaill.com gmail.co gmail.cm gmal.com hotmial.com hotmai.com hotmal.com yaho.com
		yahooo.com outlok.com iclod.com icoud.com`)
	notFree = strings.Fields(`example.com enel.net gsredcross.org`) // reserved for examples; companies

	moreDisposable = strings.Fields(`tempmail.com temp-mail.io tempmailo.com tempmail.plus tempmail.dev mail.tm mail.gw inboxkitten.com
		emailnator.com moakt.com dropmail.me mohmal.com maildrop.cc getnada.com fakemail.net throwawaymail.com burnermail.io mailsac.com`)
	notDisposable = strings.Fields(`example.com example.org example.net`)

	moreRoles = strings.Fields(`no-reply noreply donotreply do-not-reply no_reply do_not_reply bounce bounces unsubscribe abuse postmaster
		rechnung buchhaltung einkauf vertrieb personal bewerbung zentrale empfang sekretariat post verwaltung geschaeftsfuehrung
		commande commandes facturation achats direction rh recrutement accueil compras administracion facturas pedidos rrhh
		accounts-payable accountspayable accounts-receivable accountsreceivable customer-service customer-support customer-success
		customer.support it-support helpdesk service-desk people-ops partnerships gdpr dpo legal compliance revops growth
		ap ar edi facility reception enquiries enquiry purchasing procurement`)
	notRoles = strings.Fields(`alexa alla dean denver france gardner india paris sydney sem ca cm la lt md mt pd ta time fun the.principal`) // people's names and initials
)

// TestLists makes the lists from their sources and compares them with the committed ones: a new version of a source shows here.
func TestLists(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/AfterShip/email-verifier").Output()
	if err != nil || strings.TrimSpace(string(dir)) == "" {
		t.Skip("the go command can't tell where github.com/AfterShip/email-verifier is")
	}
	keys := func(file string) []string {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), file))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range regexp.MustCompile(`(?m)^\s*"([^"]+)":\s*true`).FindAllStringSubmatch(string(b), -1) {
			out = append(out, m[1])
		}
		return out
	}
	hosts := func(names, more, not []string) string {
		set := map[string]bool{}
		for _, d := range slices.Concat(names, more) {
			if a, ok := asciiHost(strings.Trim(d, "."), false); ok && strings.Contains(a, ".") && !slices.Contains(not, a) {
				set[a] = true
			}
		}
		return lines(set)
	}
	roles := map[string]bool{}
	for _, r := range slices.Concat(keys("metadata_role.go"), moreRoles) {
		if !slices.Contains(notRoles, r) {
			roles[r] = true
		}
	}
	for name, l := range map[string]struct{ want, got string }{
		"free.txt":       {hosts(keys("metadata_free.go"), moreFree, notFree), freeDomains},
		"disposable.txt": {hosts(keys("metadata_disposable.go"), moreDisposable, notDisposable), disposableDomains},
		"roles.txt":      {lines(roles), roleLocals},
		"countries.txt":  {countryList(), countryNames},
	} {
		if *update {
			if err := os.WriteFile(filepath.Join("lists", name), []byte(l.want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if l.want != l.got {
			t.Errorf("lists/%s is not what its sources give; go test ./internal/identity -run TestLists -update", name)
		}
	}
}

func lines(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), "\n") + "\n"
}

// Names of countries that CLDR's tables lack.
const moreCountries = `US usa|united states of america|america|estados unidos de america|etats unis d amerique|u s of a
GB uk|great britain|britain|england|scotland|wales|northern ireland|united kingdom of great britain and northern ireland|gran bretana|grande bretagne|grossbritannien|inglaterra|angleterre
NL holland|hollande|holanda|nederland|the netherlands
KR korea|south korea|republic of korea|korea south|korea republic of
KP north korea|korea north|democratic people s republic of korea
AE uae|emirates|united arab emirates
RU russia|russian federation
CZ czech republic|czechia|ceska republika|cesko
CI ivory coast|cote d ivoire
MM burma|myanmar
SZ swaziland|eswatini
MK macedonia|north macedonia|fyrom
TR turkey|turkiye
HK hong kong|hongkong|hong kong sar
MO macau|macao
TW taiwan|taiwan roc|republic of china
VN vietnam|viet nam
CN prc|mainland china|people s republic of china|pr china
CD drc|dr congo|congo kinshasa|democratic republic of the congo|congo democratic republic
CG congo|congo brazzaville|republic of the congo
PS palestine|palestinian territories
VA vatican|holy see
CV cape verde|cabo verde
TL east timor|timor leste
IE eire|republic of ireland
IR iran|islamic republic of iran
SY syria|syrian arab republic
LA laos|lao pdr
MD moldova|republic of moldova
TZ tanzania|united republic of tanzania
VE venezuela|bolivarian republic of venezuela
BO bolivia|plurinational state of bolivia
BA bosnia|bosnia and herzegovina|bosnia herzegovina
BN brunei|brunei darussalam
PH philipines|phillipines|philippines
GR greece|el|hellas
CH schweiz|suisse|svizzera|switzerland
TT trinidad
AG antigua
VC saint vincent
KN saint kitts
XK kosovo`

// countries is the number of ISO 3166-1 codes, and Kosovo's.
const countries = 249 + 1

// countryList is what Country knows: codes, English names, names in the country's own likely language and in ten more, and
// moreCountries. Where a name means two countries, English has the say; else nobody has the name.
func countryList() string {
	var regions []language.Region
	withdrawn := strings.Fields("AC AN CP CQ CS DG EA EZ FQ IC NT PC SU TA UN YU") // or never assigned: CLDR has more than ISO
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			r, err := language.ParseRegion(code)
			if err == nil && r.IsCountry() && r.String() == code && r.Canonicalize() == r && len(r.ISO3()) == 3 && !slices.Contains(withdrawn, code) {
				regions = append(regions, r)
			}
		}
	}
	names := map[string]string{}
	add := func(name string, r language.Region) {
		if k := countryKey(name); k != "" {
			names[k] = r.String()
		}
	}
	others, clash := map[string]string{}, map[string]bool{}
	for _, r := range regions {
		own, _ := language.Compose(language.Und, r)
		base, _ := own.Base()
		tags := []language.Tag{language.Make(base.String())}
		for _, l := range strings.Fields("de fr es it pt nl pl sv da nb") {
			tags = append(tags, language.Make(l))
		}
		for _, tag := range tags {
			n := display.Regions(tag)
			if n == nil {
				continue
			}
			k := countryKey(n.Name(r))
			if was, ok := others[k]; ok && was != r.String() {
				clash[k] = true
			}
			others[k] = r.String()
		}
	}
	for k, code := range others {
		if !clash[k] && k != "" {
			names[k] = code
		}
	}
	english := display.Regions(language.English)
	for _, r := range regions {
		add(english.Name(r), r)
	}
	for l := range strings.SplitSeq(moreCountries, "\n") {
		for n := range strings.SplitSeq(l[3:], "|") {
			add(n, language.MustParseRegion(l[:2]))
		}
	}
	for _, r := range regions {
		add(r.ISO3(), r)
		add(r.String(), r)
	}
	set := map[string]bool{}
	for k, code := range names {
		set[k+"\t"+code] = true
	}
	return lines(set)
}

func TestListLookup(t *testing.T) {
	const l = "a\tA\nab\tB\nb\nzz\tZ\n"
	for k, want := range map[string]string{"a": "A", "ab": "B", "b": "", "zz": "Z"} {
		if v, ok := lookup(l, k); !ok || v != want {
			t.Errorf("lookup %q = %q, %v", k, v, ok)
		}
	}
	for _, k := range []string{"", "aa", "c", "zzz", "A", "a\tA"} {
		if _, ok := lookup(l, k); ok {
			t.Errorf("lookup %q found", k)
		}
	}
	for name, list := range map[string]string{"free": freeDomains, "disposable": disposableDomains, "roles": roleLocals, "countries": countryNames} {
		prev, n := "", 0
		for line := range strings.Lines(list) {
			k, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if k <= prev {
				t.Fatalf("%s: %q stands after %q", name, k, prev)
			}
			if n++; n%97 == 0 || len(list) < 50_000 {
				if _, ok := lookup(list, k); !ok {
					t.Fatalf("%s: %q is in the list and not found", name, k)
				}
			}
			prev = k
		}
	}
	codes := map[string]bool{}
	for line := range strings.Lines(countryNames) {
		_, code, _ := strings.Cut(strings.TrimSpace(line), "\t")
		codes[code] = true
	}
	if len(codes) != countries {
		t.Errorf("%d countries, want %d", len(codes), countries)
	}
}

// TestListsAgreeWithLibrary asks the library itself about a sample of what was taken from it.
func TestListsAgreeWithLibrary(t *testing.T) {
	v := emailverifier.NewVerifier()
	for _, d := range []string{"gmail.com", "web.de", "qq.com", "acme.com", "siemens.com"} {
		if got := (Address{Domain: d}).Free(); got != v.IsFreeDomain(d) {
			t.Errorf("%s free = %v", d, got)
		}
	}
	for _, d := range []string{"mailinator.com", "yopmail.com", "acme.com", "gmail.com"} {
		if got := (Address{Domain: d}).Disposable(); got != v.IsDisposable(d) {
			t.Errorf("%s disposable = %v", d, got)
		}
	}
}
