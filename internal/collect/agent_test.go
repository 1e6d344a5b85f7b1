package collect

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// people are agents of browsers, apps and mail programs that persons use; those with traps in them first.
var people = []string{
	"Mozilla/5.0 (Linux; Android 10; CUBOT_P30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.58 Mobile Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
	"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
	"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
	"Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/467.0.0.40.96;FBBV/604001234;FBDV/iPhone14,5;FBMD/iPhone]",
	"Mozilla/5.0 (Linux; Android 14; SM-S921B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.6422.165 Mobile Safari/537.36 Instagram 334.0.0.42.95 Android",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [LinkedInApp]/9.29.4312",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.38.121 Chrome/124.0.6367.207 Electron/30.0.2 Safari/537.36 MacAppStore/23.5.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Teams/24124.1412.2911.3341 Chrome/124.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
	"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; U; Android 11; en-US; RMX2185 Build/RP1A.200720.011) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/13.6.0.1315 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 12; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15",
	"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
	"Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8.3381.46",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:115.0) Gecko/20100101 Thunderbird/115.11.1",
	"Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
	"Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15254",
	"AcmeApp/3.2 (iPhone; iOS 17.5; Scale/3.00)",
	"AcmeApp/12 CFNetwork/1410.0.3 Darwin/22.6.0",
	"Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6 Build/TQ3A.230901.001)",
}

func TestPeopleAreNoBots(t *testing.T) {
	for _, a := range people {
		if c := classify(a); c != agentPerson {
			t.Errorf("%d: %s", c, a)
		}
	}
}

// The agents that a marketer's traffic has most of.
func TestBots(t *testing.T) {
	for _, a := range []string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
		"Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
		"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/98.0.4758.102 Safari/537.36 StatusCake",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.7204.168 Safari/537.36 DatadogSynthetics",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Safari/537.36 BarracudaCentral",
		"Mozilla/5.0 (compatible; Proofpoint URL Defense)",
		"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.4896.60 Safari/537.36 NewRelicSynthetics/1.0",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1; +https://openai.com/gptbot)",
	} {
		if c := classify(a); c != agentBot {
			t.Errorf("%d: %s", c, a)
		}
	}
	for _, a := range []string{"curl/8.5.0", "python-requests/2.31.0", "Go-http-client/2.0", "okhttp/4.12.0", "axios/1.6.0", "acme-backend/1.2"} {
		if c := classify(a); c != agentTool {
			t.Errorf("%d: %s", c, a)
		}
	}
}

func TestWhoseAgentCounts(t *testing.T) {
	a := newAgents()
	chrome, headless, script := people[10], "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36", "Go-http-client/1.1"
	for _, c := range []struct {
		name, context, header, library string
		pixel, bot                     bool
	}{
		{"a person's browser", chrome, chrome, "analytics.js", false, false},
		{"a headless browser", headless, headless, "analytics.js", false, true},
		{"the browser SDK without userAgent", "", headless, "analytics.js", false, true},
		{"a server's SDK", "", script, "analytics-go", false, false},
		{"a server's SDK that passes a person's agent on", chrome, script, "@segment/analytics-node", false, false},
		{"a server's SDK that passes a crawler's agent on", headless, "analytics-node-next/latest", "@segment/analytics-node", false, true},
		{"a server's SDK that passes a script's agent on", "curl/8.5.0", "analytics-node-next/latest", "@segment/analytics-node", false, true},
		{"a server's SDK in a headless environment", "", headless, "analytics-ruby", false, false},
		{"an app", "", "okhttp/4.9.1", "analytics-android", false, false},
		{"no SDK, a server", "", script, "", false, false},
		{"no SDK, a crawler", "", headless, "", false, true},
		{"pixel, a person", "", chrome, "", true, false},
		{"pixel, a script", "", script, "", true, true},
		{"nothing known", "", "", "", true, false},
	} {
		if got := a.isBot(c.context, c.header, c.library, c.pixel); got != c.bot {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestRecall measures against the 2,116 agents of the monperrus/crawler-user-agents list as it is today; the list that is compiled in is an older one.
func TestRecall(t *testing.T) {
	root := cmp.Or(os.Getenv("MILLRACE_SHARED"), "../../../shared")
	b, err := os.ReadFile(filepath.Join(root, "data/crawler-user-agents/crawler-user-agents.json"))
	if err != nil {
		t.Skip("no list of crawlers here")
	}
	var list []struct{ Instances []string }
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	n, marked, bots := 0, 0, 0
	for _, c := range list {
		for _, agent := range c.Instances {
			n++
			switch classify(agent) {
			case agentBot:
				bots++
				marked++
			case agentTool:
				marked++
			default:
				t.Log("not marked:", agent)
			}
		}
	}
	t.Logf("%d of %d marked as bot or tool in context.userAgent (%.1f%%), %d as bot in a bare header (%.1f%%)",
		marked, n, 100*float64(marked)/float64(n), bots, 100*float64(bots)/float64(n))
	if marked*100 < n*98 {
		t.Error("below 98%")
	}
}

func TestVerdictsAreRememberedWithinBounds(t *testing.T) {
	a := newAgents()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3 * maxAgents {
				a.class("Agent/" + strconv.Itoa(g) + "." + strconv.Itoa(i) + strings.Repeat("x", 2000))
			}
		})
	}
	wg.Wait()
	if n := len(a.new) + len(a.old); n > 2*maxAgents {
		t.Errorf("%d verdicts", n)
	}
	for k := range a.new {
		if len(k) > maxAgentBytes {
			t.Fatalf("a key of %d bytes", len(k))
		}
	}
}
