package market

// The words that names are made of. Companies are invented; addresses at free-mail providers carry a local part that no
// provider hands out (an underscore and "sim"), so that no real person is named.

var companyFirst = split(`Alder Amber Anvil Arbor Argent Ashlar Aster Atlas Auburn Azure Balsam Basalt Beacon Birch Blue Bramble Bright
Brook Cairn Calder Canyon Cardinal Cascade Cedar Chalk Cinder Cirrus Citadel Clover Cobalt Copper Coral Crescent Crown Cypress Delta
Drift Dune Eagle Ember Evergreen Falcon Fathom Fern Finch Fjord Flint Forge Foxglove Garnet Gilded Glacier Granite Grove Gull Harbor
Hazel Heather Heron Hollow Horizon Indigo Iron Island Ivory Jade Juniper Kestrel Keystone Lantern Larch Lark Laurel Lighthouse Linden
Lotus Lunar Lynx Maple Marble Marsh Meadow Meridian Mill Mistral Moss Nimbus North Nova Oak Obsidian Ochre Olive Onyx Opal Orchard
Osprey Otter Paper Pebble Pine Pinnacle Polar Poplar Prairie Quartz Quill Raven Red Reed Ridge River Robin Rowan Saffron Sage
Sandstone Sequoia Shale Silver Sky Slate Solar Sparrow Spruce Steel Sterling Stone Summit Swift Tamarack Teal Thistle Timber Topaz
Tundra Umber Valley Vantage Velvet Violet Walnut West White Willow Wren Yarrow Zephyr Zinc`)

var companySecond = split(`Analytics Aviation Biotech Brands Building Capital Care Cargo Chemical Clinics Cloud Commerce Components
Consulting Controls Credit Data Design Devices Diagnostics Digital Distribution Dynamics Energy Engineering Estates Fabrication Finance
Foods Freight Games Glass Goods Health Home Hospitality Imaging Instruments Insurance Interactive Labs Learning Lending Lighting
Logistics Machines Manufacturing Marine Markets Materials Media Medical Metals Mobility Networks Optics Outfitters Packaging Partners
Pharma Plastics Power Precision Press Products Properties Publishing Rail Research Retail Robotics Security Semiconductor Services
Shipping Software Solutions Sports Studios Supply Systems Technologies Telecom Textiles Tools Transport Travel Ventures Water Wireless
Works`)

var companyThird = split(`Alliance Collective Cooperative East Europe Global Group Guild House International Network Norden One Pacific
Plus Point South Sphere Trust Union United Vale Way Yard Zone`)

var legalForms = map[string][]string{"DE": {"GmbH", "AG"}, "FR": {"SAS", "SA"}, "GB": {"Ltd", "plc"}, "US": {"Inc.", "LLC"}, "NL": {"B.V."},
	"SE": {"AB"}, "CA": {"Inc."}, "AU": {"Pty Ltd"}, "ES": {"S.L."}, "IE": {"Ltd"}}

// nameGroup is a set of first and last names that go together. Last names of a group stay distinct when folded to ASCII.
type nameGroup struct{ first, last []string }

var nameGroups = [...]nameGroup{
	{split(`Alice Amelia Aaron Ben Carla Charlotte Daniel Diana Edward Ella Emily Ethan Fiona Grace George Hannah Harry Holly Isaac Jack
James Jasmine Julia Karen Kevin Laura Leo Liam Lucy Marcus Maya Megan Nathan Nina Noah Oliver Olivia Owen Paula Peter Priya Rachel Ravi
Rosa Ryan Samuel Sarah Simon Sophie Steven Thomas Tara Victor Wendy Wesley Zoe Anil Mei Kenji Omar`),
		split(`Abbott Adeyemi Ainsley Baker Barrow Bennett Blake Brennan Carter Chandra Chapman Clarke Coleman Cooper Cruz Dalton Dawson
Doyle Drake Ellis Farrow Fletcher Foster Gallagher Garner Gibson Grant Hale Harper Hayes Holden Hughes Ibrahim Ingram Jennings Kapoor
Keating Kim Lawson Lennox Lin Maddox Marsh Mercer Morris Nash Nguyen Okafor Osborne Palmer Patel Quinn Ramsey Reyes Rhodes Sandhu Shaw
Sinclair Stone Tanaka Thorne Underwood Vaughn Wallace Warren Whitlock Yates`)},
	{split(`Anna Andreas Bastian Birgit Christian Claudia Dirk Elke Felix Franziska Georg Hanna Heike Ines Jan Jörg Jürgen Katharina Klaus
Lars Lena Lukas Maren Markus Martin Nadine Nils Petra Philipp Ralf Sabine Sebastian Stefan Svenja Tanja Tobias Uwe Vera Werner Yvonne`),
		split(`Ackermann Albrecht Arnold Bauer Baumann Becker Bergmann Böhm Brandt Busch Dietrich Ebert Engel Fiedler Fischer Frank Graf
Gruber Haas Hartmann Heinrich Herrmann Huber Jäger Kaiser Keller Köhler Kraus Krüger Lang Lehmann Lorenz Maurer Meier Müller Neumann
Otto Peters Pfeiffer Richter Roth Sauer Schäfer Schreiber Schubert Schwarz Seidel Simon Sommer Thiel Ulrich Vogel Voigt Wagner Walter
Weber Winkler Wolf Ziegler`)},
	{split(`Adèle Alain Antoine Béatrice Camille Carlos Chloé Clément Diego Élodie Elena Emma Étienne Fabien Florence Gabriel Hélène Hugo
Inès Isabel Javier Julien Laure Léa Lucía Manon Marc Marta Mathieu Nicolas Noémie Pablo Pauline Raphaël Romain Sofía Sylvie Thibault
Valérie Yann`),
		split(`Aguilar Arnaud Bernard Blanc Blanco Bonnet Boyer Carpentier Castro Chevalier Colin Delgado Dubois Dufour Dupont Durand Faure
Fernández Fontaine Fournier Garnier Gauthier Giraud Gómez Guérin Herrera Iglesias Jiménez Lambert Leclerc Lefebvre Legrand Lemaire
López Marchand Martel Masson Medina Mercier Meunier Molina Moreau Navarro Noël Ortega Perrin Picard Renard Rivera Robin Roussel Rubio
Sánchez Soler Torres Vázquez Vidal Vincent`)},
	{split(`Agnes Anders Annika Astrid Björn Britta Daan Elin Emil Erik Esther Femke Freja Gustav Hanneke Henrik Ida Ingrid Jeroen Johan Karin
Lotte Linnea Maarten Magnus Maja Marieke Mikael Nora Oskar Pieter Ruben Saskia Sven Thijs Tove Ulla Viktor Wouter Åsa`),
		split(`Ahlberg Andersson Bakker Berg Björk Blom Boer Dahl Dekker Ekström Eriksson Forsberg Gustafsson Haan Hansen Hedlund Hendriks
Holm Huisman Jacobs Jansen Johansson Karlsson Koster Kuiper Larsen Lindberg Lindqvist Lundgren Maas Meijer Mulder Nilsson Nyström
Olsson Peeters Pettersson Postma Prins Sandberg Schouten Sjöberg Smits Söderström Strand Svensson Sundin Veenstra Verhoeven Vermeer
Vinter Visser Vos Wallin Willems Wikström Åkesson Östberg Zandstra`)},
}

// country is where accounts are; group indexes nameGroups.
type country struct {
	code, name, tld, timezone, locale, dial, region string
	group, weight                                   int
	offset                                          int // hours from UTC, without summer time
	cities                                          []string
}

var countries = [...]country{
	{"US", "United States", "com", "America/New_York", "en-US", "+1 212 555 01", "North America", 0, 46, -6,
		[]string{"Austin", "Boston", "Chicago", "Denver", "New York", "Portland", "San Francisco", "Seattle"}},
	{"GB", "United Kingdom", "co.uk", "Europe/London", "en-GB", "+44 20 7946 00", "UK & Ireland", 0, 14, 0,
		[]string{"London", "Manchester", "Bristol", "Edinburgh"}},
	{"DE", "Germany", "de", "Europe/Berlin", "de-DE", "+49 30 23125 0", "DACH", 1, 13, 1,
		[]string{"Berlin", "Hamburg", "Köln", "München"}},
	{"FR", "France", "fr", "Europe/Paris", "fr-FR", "+33 1 99 00 00 ", "Southern Europe", 2, 8, 1, []string{"Paris", "Lyon", "Lille"}},
	{"NL", "Netherlands", "nl", "Europe/Amsterdam", "nl-NL", "+31 20 555 01", "Benelux & Nordics", 3, 5, 1,
		[]string{"Amsterdam", "Utrecht"}},
	{"SE", "Sweden", "se", "Europe/Stockholm", "sv-SE", "+46 8 465 004 ", "Benelux & Nordics", 3, 4, 1,
		[]string{"Stockholm", "Göteborg"}},
	{"CA", "Canada", "ca", "America/Toronto", "en-CA", "+1 416 555 01", "North America", 0, 5, -5, []string{"Toronto", "Montréal"}},
	{"AU", "Australia", "com.au", "Australia/Sydney", "en-AU", "+61 2 5550 10", "APAC", 0, 2, 10, []string{"Sydney", "Melbourne"}},
	{"ES", "Spain", "es", "Europe/Madrid", "es-ES", "+34 91 000 00 ", "Southern Europe", 2, 2, 1, []string{"Madrid", "Valencia"}},
	{"IE", "Ireland", "ie", "Europe/Dublin", "en-IE", "+353 1 555 01", "UK & Ireland", 0, 1, 0, []string{"Dublin", "Cork"}},
}

// industries; the first so many are the vendor's hidden target industries (see firm.fit).
var industries = [...]struct {
	name   string
	weight int
}{
	{"Software", 20}, {"Financial Services", 13}, {"Professional Services", 11}, // the target
	{"Manufacturing", 15}, {"Healthcare", 9}, {"Retail", 9}, {"Logistics", 6}, {"Media", 5}, {"Education", 4}, {"Construction", 4},
	{"Energy", 3}, {"Government", 2},
}

const targetIndustries = 3

// technologies that accounts run; the first two are what the vendor's product needs one of.
var technologies = [...]struct {
	name string
	pct  int
}{
	{"Salesforce", 32}, {"HubSpot", 28}, // the needed ones
	{"Marketo", 9}, {"Segment", 12}, {"Snowflake", 14}, {"BigQuery", 11}, {"AWS", 41}, {"Azure", 30}, {"Google Cloud", 18},
	{"Slack", 44}, {"Microsoft 365", 52}, {"Zendesk", 19}, {"Intercom", 10}, {"Okta", 15}, {"Datadog", 12}, {"Workday", 10},
	{"NetSuite", 12}, {"SAP", 13}, {"Jira", 31}, {"Tableau", 14}, {"Stripe", 16}, {"Shopify", 9}, {"WordPress", 33}, {"Zoom", 36},
}

const neededTechnologies = 2

// triggers are the buying triggers; an account without one has index 0.
var triggers = [...]string{"", "funding", "hiring", "leadership_change"}

var freeMail = [...]string{"gmail.com", "gmail.com", "gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de", "icloud.com"}

var universities = split("lakeview northgate riverside hillcrest stonebridge westbrook eastmoor ashford kingsway fairhaven")

var competitors = split("signalmast leadquarry pipecrest funnelforge intentwharf")
