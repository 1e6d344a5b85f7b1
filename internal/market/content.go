package market

import "strings"

// split cuts a list of words at white space.
func split(s string) []string { return strings.Fields(s) }

// section is a part of the vendor's web site.
type section uint8

const (
	secHome section = iota
	secPricing
	secDemo
	secContact
	secCustomers
	secCases
	secSecurity
	secDocs
	secIntegrations
	secCompare
	secBlog
	secResources
	secWebinars
	secCareers
	secROI
	secSignup
	secUnsubscribe
	sections
)

// page is one page of the site.
type page struct{ path, title string }

// site holds the pages of each section.
var site = [sections][]page{
	secHome:    {{"/", "Waymark: see which accounts are ready"}},
	secPricing: {{"/pricing", "Pricing"}},
	secDemo:    {{"/demo", "Request a demo"}},
	secContact: {{"/contact", "Contact us"}},
	secCustomers: pages("/customers/", "alderbrook-logistics brightwater-software cobalt-finance fernhill-health granite-media harrow-retail "+
		"lindenpark-energy quarry-systems"),
	secCases: pages("/case-studies/", "pipeline-up-40-percent-at-brightwater cutting-cac-by-a-third halving-speed-to-lead "+
		"from-mqls-to-revenue-at-cobalt one-view-of-the-committee forecasting-a-six-month-cycle retiring-five-tools "+
		"security-review-in-two-weeks"),
	secSecurity: append([]page{{"/security", "Security"}}, pages("/security/", "soc2 gdpr data-processing penetration-tests")...),
	secDocs: pages("/docs/", "getting-started install-the-script identify-calls server-side-tracking salesforce-sync hubspot-sync "+
		"scoring-rubric routing-rules sso-and-scim api-reference webhooks exports audit-log troubleshooting limits release-notes"),
	secIntegrations: pages("/integrations/", "salesforce hubspot marketo segment snowflake bigquery slack microsoft-teams zoom linkedin-ads "+
		"google-ads zapier okta netsuite"),
	secCompare: pages("/compare/", "signalmast leadquarry pipecrest funnelforge intentwharf spreadsheets"),
	secBlog: pages("/blog/", "what-is-a-buying-committee why-mqls-do-not-convert lead-scoring-that-does-not-drift the-six-month-funnel "+
		"speed-to-lead-benchmarks pipeline-velocity-explained multi-touch-attribution-honestly dark-social-and-self-reported-attribution "+
		"icp-in-four-layers account-tiers-that-work nurture-past-week-two mql-to-sql-benchmarks linkedin-ads-for-b2b "+
		"google-search-captures-it-does-not-create cost-per-lead-by-channel cac-payback-basics intent-data-without-the-hype "+
		"single-threaded-deals recycling-leads sales-and-marketing-slas webinars-that-make-pipeline content-that-compounds "+
		"outbound-with-a-trigger abm-for-small-teams win-loss-interviews why-deals-slip qualifying-with-bant meddicc-in-practice "+
		"lead-routing-mistakes form-fields-that-cost-you consent-and-list-decay email-deliverability-basics campaign-tagging-guide "+
		"reading-a-cohort-chart right-censoring-for-marketers budget-season-checklist expansion-revenue-from-day-one "+
		"churn-signals-in-product-data revops-hiring-plan crm-hygiene"),
	secResources: pages("/resources/", "b2b-benchmarks-report buying-committee-guide lead-scoring-workbook icp-worksheet "+
		"attribution-handbook nurture-playbook revops-maturity-model security-whitepaper sla-template campaign-tagging-template"),
	secWebinars: pages("/webinars/", "reading-buying-signals committee-selling lead-scoring-live attribution-clinic six-month-nurture "+
		"pipeline-reviews routing-workshop revops-roundtable"),
	secCareers:     append([]page{{"/careers", "Careers"}}, pages("/careers/", "account-executive backend-engineer content-marketer data-analyst support-lead")...),
	secROI:         {{"/roi-calculator", "ROI calculator"}},
	secSignup:      {{"/signup", "Start a free trial"}},
	secUnsubscribe: {{"/unsubscribe", "Unsubscribe"}},
}

// pages makes a page for each slug, titled by its words.
func pages(prefix, slugs string) []page {
	var out []page
	for _, slug := range split(slugs) {
		title := strings.ReplaceAll(slug, "-", " ")
		out = append(out, page{prefix + slug, strings.ToUpper(title[:1]) + title[1:]})
	}
	return out
}

// event is a tracked event of the vendor's site, product or mail.
type event uint8

const (
	evNone event = iota
	evDemo
	evForm
	evWebinarRegistered
	evWebinarAttended
	evAsset
	evSignedUp
	evEmailClicked
	evUnsubscribed
	evMeeting
	evVideo
	evSignedIn
)

var eventNames = [...]string{"", "Demo Requested", "Form Submitted", "Webinar Registered", "Webinar Attended", "Asset Downloaded", "Signed Up",
	"Email Clicked", "Unsubscribed", "Meeting Booked", "Video Watched", "Signed In"}

// assetTypes of the sections that give something to download.
var assetTypes = [sections]string{secResources: "whitepaper", secCases: "case_study", secROI: "roi_calculator", secSecurity: "security_whitepaper"}

// Agents are user agents: people's desktops and phones, crawlers, and the scanners of mail gateways.
var desktops = [...]string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
}

var phones = [...]string{
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
}

var crawlers = [...]string{
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
	"Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
	"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
}

var scanners = [...]string{
	"Barracuda Sentinel (EE)",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
}
