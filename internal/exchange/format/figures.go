package format

import (
	"strings"

	"millrace/internal/exchange/sheet"
)

// figureFormats are the platforms' reports and the lists of exchange rates that are recognised.
func figureFormats() []Format {
	return []Format{
		{ID: "google-ads", Title: "Google Ads report", System: "google_ads", Entity: Spend, need: 1,
			must: []string{"Cost|Kosten|Coût|Coste|Costo|Custo"},
			marks: []string{"Impr.", "Campaign status|Kampagnenstatus|État de la campagne", "Campaign type|Kampagnentyp|Type de campagne", "Budget type|Budgettyp",
				"Bid strategy type|Gebotsstrategietyp", "Avg. CPC|Durchschn. CPC|CPC moy.|CPC medio", "Conv. value|Conv.-Wert|Valeur de conv.", "Cost / conv.|Kosten/Conv.|Coût/conv.", "Optimization score"},
			Daily:  "in Google Ads, add the segment Time > Day to the report and export it again",
			ratios: googleRatios,
			Columns: Columns{{"Day|Tag|Jour|Día|Giorno|Dia|Dag", FieldDay}, {"Campaign|Campaign name|Kampagne|Campagne|Campaña|Campagna|Campanha", "campaign"},
				{"Campaign ID|Kampagnen-ID|ID de campagne|ID de la campagne|ID de campaña|ID campagna", "campaign_id"},
				{"Ad group|Ad group name|Anzeigengruppe|Groupe d'annonces|Grupo de anuncios|Gruppo di annunci", "ad_group"},
				{"Ad group ID|Anzeigengruppen-ID|ID du groupe d'annonces", FieldAdGroupID}, {"Ad name|Anzeigenname", "ad"}, {"Ad ID|Anzeigen-ID|ID de l'annonce", FieldAdID},
				{"Customer ID|Account ID|Kundennummer|Numéro client", "ad_account"}, {"Account|Account name|Konto|Kontoname|Compte|Nom du compte", FieldAccountName},
				{"Currency code|Currency|Währungscode|Währung|Code de devise|Code devise|Devise|Código de moneda|Codice valuta|Código da moeda|Valutacode", "currency"},
				{"Cost|Kosten|Coût|Coste|Costo|Custo", "amount"}, {"Impr.|Impressions|Impressionen|Impresiones|Impressioni", "impressions"},
				{"Clicks|Klicks|Clics|Clic|Cliques|Klikken", "clicks"}, {"Conversions|Conv.|Conversiones|Conversioni|Conversões", "conversions"},
				{"Unique users|Einzelne Nutzer|Utilisateurs uniques", "reach"}}},
		{ID: "linkedin-ads", Title: "LinkedIn Campaign Manager performance report", System: "linkedin_ads", Entity: Spend, need: 1,
			must: []string{"Total Spent|Gesamtausgaben|Total dépensé|Montant total dépensé|Total gastado"},
			marks: []string{"Start Date (in UTC)|Startdatum (in UTC)|Date de début (en UTC)", "Campaign Objective", "Campaign Group Name", "Clicks to Landing Page", "Total Social Actions",
				"Total Engagements", "Lead Forms Opened", "Ad Headline", "Clicks to LinkedIn Page", "Viral Impressions", "Campaign Start Date"},
			Daily:  "in Campaign Manager, choose the time breakdown Daily and export the performance report again",
			ratios: linkedInRatios,
			Columns: Columns{{"Start Date (in UTC)|Start Date|Startdatum (in UTC)|Date de début (en UTC)", "from"}, {"End Date (in UTC)|End Date|Enddatum (in UTC)|Date de fin (en UTC)", "to"},
				{"Account ID", "ad_account"}, {"Account Name|Kontoname|Nom du compte", FieldAccountName}, {"Currency|Account Currency|Währung|Devise", "currency"},
				{"Campaign Name|Kampagnenname|Nom de la campagne", "campaign"}, {"Campaign ID|Kampagnen-ID|ID de la campagne", "campaign_id"},
				{"Creative Name|Ad Name|Anzeigenname", "ad"}, {"Creative ID|Ad ID", FieldAdID}, {"Total Spent|Gesamtausgaben|Total dépensé|Montant total dépensé|Total gastado", "amount"},
				{"Impressions|Impressionen", "impressions"}, {"Clicks|Klicks|Clics", "clicks"}, {"Reach|Reichweite|Portée", "reach"}, {"Leads", "leads"}, {"Conversions|Konversionen", "conversions"}}},
		{ID: "meta-ads", Title: "Meta Ads Manager report", System: "meta_ads", Entity: Spend, need: 1,
			must: []string{"Amount spent|Ausgegebener Betrag|Montant dépensé|Importe gastado|Importo speso"},
			marks: []string{"Reporting starts|Berichtsstart|Beginn des Berichts|Auswertungsbeginn|Début des rapports|Début du rapport", "Reporting ends|Berichtsende|Ende des Berichts|Auswertungsende|Fin des rapports|Fin du rapport",
				"Ad set name|Anzeigengruppenname|Name der Anzeigengruppe|Nom de l'ensemble de publicités", "Campaign delivery", "Ad set delivery", "Attribution setting", "Cost per results|Cost per result"},
			Daily: "in Ads Manager, choose Breakdown > By time > Day and export again", Level: []string{"ad_group", "campaign"},
			ratios: metaRatios,
			Columns: Columns{{"Day|Tag|Jour|Día|Giorno", FieldDay}, {"Reporting starts|Berichtsstart|Beginn des Berichts|Auswertungsbeginn|Début des rapports|Début du rapport", "from"},
				{"Reporting ends|Berichtsende|Ende des Berichts|Auswertungsende|Fin des rapports|Fin du rapport", "to"}, {"Account ID", "ad_account"}, {"Account name", FieldAccountName}, {"Currency|Währung|Devise", "currency"},
				{"Campaign name|Kampagnenname|Name der Kampagne|Nom de la campagne", "campaign"}, {"Campaign ID|Kampagnen-ID|ID de la campagne", "campaign_id"},
				{"Ad set name|Anzeigengruppenname|Name der Anzeigengruppe|Nom de l'ensemble de publicités", "ad_group"}, {"Ad set ID|Anzeigengruppen-ID", FieldAdGroupID},
				{"Ad name|Anzeigenname|Name der Werbeanzeige|Nom de la publicité", "ad"}, {"Ad ID", FieldAdID},
				{"Amount spent|Ausgegebener Betrag|Montant dépensé|Importe gastado|Importo speso", "amount"}, {"Impressions|Impressionen", "impressions"},
				{"Link clicks|Link-Klicks|Clics sur un lien|Clics sur le lien", "clicks"}, {"Reach|Reichweite|Couverture", "reach"}, {"Leads", "leads"}}},
		{ID: "ecb-rates", Title: "European Central Bank: euro reference rates", System: "ecb", Entity: Rates, need: 3, Wide: "EUR",
			must: []string{"Date"}, marks: []string{"USD", "JPY", "GBP", "CHF", "SEK"}, not: []string{"EUR", "Currency", "Amount", "Rate"},
			Columns: Columns{{"Date", FieldDay}}},
	}
}

// The columns of reports that follow from others: they are left out.
var (
	googleRatios   = "CTR|Avg. CPC|Avg. CPM|Avg. cost|Conv. rate|Cost / conv.|Conv. value / cost|Value / conv.|TrueView avg. CPV|Durchschn. CPC|Kosten/Conv.|Conv.-Rate|CPC moy.|Coût/conv.|Taux de conv.|Interaction rate"
	linkedInRatios = "Click Through Rate|Average CTR|Average CPM|Average CPC|Average Engagement|Cost per Lead|Cost per Conversion|Engagement Rate|Frequency|Average Frequency"
	metaRatios     = "CPM (cost per 1,000 impressions)|CPC (cost per link click)|CPC (all)|CTR (all)|CTR (link click-through rate)|Frequency|Cost per results|Cost per result|Cost per lead"
)

// figureColumns are the headers that mean the same in any file of these entities.
var figureColumns = map[string]Columns{
	Spend: {{"ID|Record ID|Cost ID|Spend ID", FieldID}, {"Date|Day|Datum|Tag|Jour|Gregorian date|Time period|Stat time day|By day|Cost date|Spend date|Invoice date", FieldDay},
		{"From|Start|Start date|Starts|Period start|Von|Valid from|Reporting starts", "from"}, {"To|Until|End|End date|Ends|Period end|Bis|Valid to|Reporting ends", "to"},
		{"Month|Period|Monat|Mois|Quarter|Quartal|Year month", FieldPeriod}, {"Every|Recurrence|Recurring|Frequency|Interval|Billing|Billing period", FieldEvery},
		{"Platform|Ad platform|Ad network|Publisher", "platform"}, {"Ad account|Account ID|Customer ID|Advertiser ID|Account number", "ad_account"}, {"Account name|Account|Advertiser", FieldAccountName},
		{"Channel|Kanal|Canal|Marketing channel", "channel"}, {"Source|UTM source|Quelle", "source"}, {"Medium|UTM medium", "medium"},
		{"Campaign|Campaign name|UTM campaign|Kampagne|Campagne", "campaign"}, {"Campaign ID|Kampagnen-ID", "campaign_id"},
		{"Ad group|Ad group name|Ad set|Ad set name|Adset|Adset name|Anzeigengruppe", "ad_group"}, {"Ad group ID|Ad set ID|Adset ID", FieldAdGroupID},
		{"Ad|Ad name|Creative name", "ad"}, {"Ad ID|Creative ID", FieldAdID},
		{"Cost|Costs|Spend|Spent|Amount|Amount spent|Total spent|Total spend|Total cost|Net cost|Media spend|Ad spend|Kosten|Betrag|Coût|Montant|Coste", "amount"},
		{"Currency|Currency code|Account currency|Währung|Devise", "currency"}, {"Category|Cost type|Cost category|Expense type|Kategorie|Catégorie", "category"},
		{"Impressions|Impr.|Impressionen", "impressions"}, {"Clicks|Link clicks|Klicks|Clics", "clicks"}, {"Reach|Reichweite|Couverture", "reach"}, {"Leads", "leads"},
		{"Conversions|Conv.", "conversions"}, {"Modified|Modified at|Updated at|Last modified", FieldModified}},
	Contracts: {{"ID|Record ID|Contract ID|Contract|Contract number|Subscription ID|Subscription", FieldID}, {"Account|Account name|Customer|Customer name|Company|Company name|Name", "account"},
		{"Account ID|Company ID|Customer ID", "account_id"}, {"Domain|Company domain|Website", "domain"}, {"From|Start|Start date|Starts|Started|Contract start|Contract start date|Subscription start|Valid from|Von", "from"},
		{"To|Until|End|End date|Ends|Ended|Contract end|Contract end date|Subscription end|Valid to|Expires|Bis", "to"},
		{"ARR|Amount|Annual value|Annual recurring revenue|Annual contract value|ACV|Annual amount|Yearly amount", "amount"}, {"MRR|Monthly recurring revenue|Monthly value|Monthly amount|Monthly fee", FieldMRR},
		{"TCV|Total value|Total contract value|Contract value|Total", FieldTotalValue}, {"Currency|Currency code|Währung|Devise", "currency"}, {"Product|Product name|Plan", "product"},
		{"Opportunity|Opportunity ID|Deal ID|Deal", "opportunity"}, {"Owner|Account manager|CSM|Customer success manager", "owner"}, {"Modified|Modified at|Updated at|Last modified|Last modified date", FieldModified}},
	Targets: {{"ID|Target ID", FieldID}, {"Metric|KPI|Measure|Target|Name|Kennzahl", "metric"}, {"Period|Month|Quarter|Year|Monat|Quartal|Jahr|Mois", FieldPeriod}, {"Date|Day", FieldDay},
		{"From|Start|Start date|Von", "from"}, {"To|Until|End|End date|Bis", "to"}, {"Value|Target value|Amount|Goal|Plan|Planned|Budget|Wert|Ziel", "value"}, {"Channel|Kanal|Canal", "channel"},
		{"Owner|Rep|Sales rep|Team", "owner"}, {"Currency|Currency code|Währung|Devise", "currency"}, {"Modified|Modified at|Updated at|Last modified", FieldModified}},
	Rates: {{"Date|Day|Datum|Tag|From date|Valid from|Time period", FieldDay}, {"Currency|From|From currency|Base|Base currency|Source currency|Von", "currency"},
		{"Quote|To|To currency|Quote currency|Target currency|Counter currency|Nach", "quote"}, {"Rate|Value|Exchange rate|FX rate|Kurs|Taux", "value"}},
}

// segmentHeaders are the columns by which reports and ledgers cut a campaign's day, or a month's costs, into several rows: they are part of
// what a row is known by. Rows that nothing tells apart are numbered in the order in which they stand.
var segmentHeaders = squeezed("Device|Device type|Devices|Gerät|Geräte|Appareil|Network|Network (with search partners)|Netzwerk|Werbenetzwerk|Réseau|Search partners|Country|Country/Territory|Land|Pays|Region|City|" +
	"Placement|Device platform|Publisher platform|Platform|Impression device|Keyword|Search keyword|Search term|Match type|Age|Alter|Âge|Gender|Geschlecht|Sexe|Hour|Hour of day|Hour of the day|Time of day|" +
	"Audience|Audience segment|Language|Conversion action|Conversion name|Conversion type|Ad type|Ad format|Asset group|Product group|Topic|Objective|Segment|" +
	"Name|Description|Item|Vendor|Supplier|Tool|Person|Employee|Team|Department|Project|Event|Invoice|Invoice number|Reference|Line item|Cost centre|Cost center|PO number")

// Segment says whether a column cuts a campaign's day, or a month's costs, into several rows.
func Segment(header string) bool { return segmentHeaders[sheet.Squeeze(header)] }

func squeezed(list string) map[string]bool {
	out := map[string]bool{}
	for h := range strings.SplitSeq(list, "|") {
		out[sheet.Squeeze(h)] = true
	}
	return out
}
