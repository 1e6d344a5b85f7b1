package collect

import (
	"strings"
	"sync"

	crawlers "github.com/monperrus/crawler-user-agents"
	"zgo.at/isbot"
)

// agentClass is what a user agent stands for.
type agentClass uint8

const (
	agentPerson agentClass = iota // a browser or an app, or nobody knows
	agentBot                      // a crawler, a monitor, a link scanner, a headless browser
	agentTool                     // an HTTP library or a script
)

// Whose agent an event is judged by:
//
//   - context.userAgent, when there is one: it is the agent of the person the fact is about. Bots and tools are marked.
//   - Else the request's header, when the request may have come from the person's device: from a browser SDK, or from no SDK at all.
//     There only a bot is marked, not a tool: somebody's server that speaks this API with Go's or Python's HTTP library is no visitor.
//     For the pixel, which only something that reads a page or a mail asks for, a tool is marked as well.
//   - A server's or an app's SDK says nothing by its header.
func (a *agents) isBot(contextAgent, header, library string, pixel bool) bool {
	if contextAgent != "" {
		return a.class(contextAgent) != agentPerson
	}
	if header == "" || library != "" && !browserLibrary(library) {
		return false
	}
	c := a.class(header)
	return c == agentBot || pixel && c == agentTool
}

// browserLibrary says whether context.library.name is an SDK that runs in a web page.
func browserLibrary(name string) bool {
	n := strings.ToLower(name)
	return n == "analytics.js" || n == "analytics-next" || strings.Contains(n, "javascript sdk") || strings.Contains(n, "browser")
}

// tools are HTTP libraries and scripts: they start so.
var tools = []string{"curl/", "wget/", "python", "aiohttp", "httpx", "go-http-client", "go-resty", "okhttp", "java/", "apache-httpclient",
	"apache-http", "jersey/", "axios/", "node-fetch", "node", "undici", "got ", "got/", "superagent", "postmanruntime", "insomnia", "httpie",
	"bruno", "libwww-perl", "lwp", "perl", "guzzlehttp", "php", "ruby", "faraday", "rest-client", "typhoeus", "reqwest", "ureq", "hyper/", "rust",
	"dart/", "deno/", "bun/", "powershell", "mozilla/5.0 (windows nt; windows nt 10.0; en-us) windowspowershell", "zapier", "make/", "n8n",
	"restsharp", "winhttp", "libcurl", "cpp-httplib", "elixir", "erlang", "hackney", "finch", "analytics-", "segment"}

// botWords mark a bot wherever they stand: what the lists used below miss and what this trade meets most, monitors, synthetic tests,
// headless browsers and scanners of links in mail.
var botWords = []string{
	"headless", "phantomjs", "puppeteer", "playwright", "selenium", "webdriver", "cypress", "splash version", "slimerjs", "htmlunit",
	"synthetic", "pingdom", "uptime", "statuscake", "site24x7", "datadog", "newrelic", "new relic", "dynatrace", "ruxit", "catchpoint", "checkly",
	"monitor", "thousandeyes", "better stack", "betterstack", "freshping", "hetrixtools", "nodeping", "updown.io", "blackbox exporter",
	"gomez", "rigor", "speedcurve", "webpagetest", "ptst/", "gtmetrix", "lighthouse", "pagespeed", "calibre", "yellowlab", "ylt chrome",
	"barracuda", "proofpoint", "mimecast", "safelinks", "safe links", "symantec", "messagelabs", "trendmicro", "trend micro", "fireeye", "forcepoint",
	"fortiguard", "sophos", "zscaler", "cloudmark", "urldefense", "mailguard", "ironport", "avanan", "vipre", "googleimageproxy", "yahoomailproxy",
	"yahoo! slurp", "feedfetcher", "linkcheck", "link check", "linktiger", "securityheaders", "ghost inspector",
	"crawl", "spider", "scrap", "scanner", "/scan", "scanning", "contentscan", "validator", "siteaudit", "site audit", "sitecheck", "sitemap", "archiver",
	"nikto", "acunetix", "openvas", "nessus", "sqlmap", "nmap", "netcraft", "silktide", "hardenize", "preview", "prerender", "criticalcss", "collapsify",
	"claude-user", "manus-user", "google-agent", "googleagent", "watchtowr", "geedo", "+http", "(+", "; +", "http://", "https://",
	"www.", "mailto:", "@", ".com)", ".com/", "checker", "retriever", "favicon", "optimizer", "verify/", "webcopy", "sitesucker", "researchscan",
	"rss-parser", "feeder", "printfriendly", "translationserver",
}

// classify judges an agent without the cache.
func classify(agent string) agentClass {
	low := strings.ToLower(agent)
	for _, w := range botWords {
		if strings.Contains(low, w) {
			return agentBot
		}
	}
	for _, t := range tools {
		if strings.HasPrefix(low, t) {
			return agentTool
		}
	}
	// Browsers claim to be compatible with what came before them, "(compatible; MSIE 9.0"; bots took the habit over, with their own names.
	if _, who, ok := strings.Cut(low, "compatible;"); ok {
		who = strings.TrimLeft(who, " ")
		if !strings.HasPrefix(who, "msie") && !strings.HasPrefix(who, "konqueror") && !strings.HasPrefix(who, "opera") {
			return agentBot
		}
	}
	switch r := isbot.UserAgent(agent); {
	case r == isbot.BotShort || r == isbot.BotClientLibrary:
		if crawlers.IsCrawler(agent) {
			return agentBot
		}
		return agentTool
	case isbot.Is(r):
		return agentBot
	case crawlers.IsCrawler(agent):
		return agentBot
	}
	return agentPerson
}

// agents remembers verdicts by agent in two generations of bounded size: judging costs some microseconds, and the agents of a day are few.
type agents struct {
	mu       sync.RWMutex
	new, old map[string]agentClass
}

const (
	maxAgents     = 4096
	maxAgentBytes = 512
)

func newAgents() *agents { return &agents{new: map[string]agentClass{}} }

func (a *agents) class(agent string) agentClass {
	agent = shorten(agent, maxAgentBytes)
	a.mu.RLock()
	c, ok := a.new[agent]
	if !ok {
		c, ok = a.old[agent]
	}
	a.mu.RUnlock()
	if ok {
		return c
	}
	c = classify(agent)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.new) >= maxAgents {
		a.old, a.new = a.new, make(map[string]agentClass, maxAgents)
	}
	a.new[strings.Clone(agent)] = c
	return c
}
