package metrics

const domainDefaults = "domain defaults"

// DefaultBands is the table of benchmarks: the field's figures, source "domain defaults". CPL bands are in US cents by the playbook's channel.
// The caller may change the copy it gets.
func DefaultBands() Bands {
	return Bands{
		"mql_to_sql": share(0.13, 0.27),
		"mql_to_opportunity": share(0.20, 0.35).alarms(0.15, "the bar for an MQL is too low", 0.40,
			"leads reach sales too late: the bar for an MQL is too high"),
		"mqa_to_opportunity":   share(0.20, 0.35).alarms(0.15, "the bar for an MQA is too low", 0.40, "accounts reach sales too late"),
		"opportunity_to_close": share(0.20, 0.30).alarms(0.15, "ICP drift or positioning", 0, ""),
		"win_rate":             share(0.20, 0.30).alarms(0.15, "ICP drift or positioning", 0, ""),
		"coverage":             least(3),
		"cpl/LinkedIn ads":     cpl(8_000, 20_000),
		"cpl/Google search":    cpl(3_000, 10_000),
	}
}

func share(low, high float64) Band {
	return Band{Low: &low, High: &high, Source: domainDefaults, Better: "higher"}
}

// least is a band that is open upwards.
func least(low float64) Band {
	return Band{Low: &low, Source: domainDefaults, Better: "higher"}
}

func cpl(low, high float64) Band {
	return Band{Low: &low, High: &high, Currency: "USD", Source: domainDefaults, Better: "lower"}
}

// alarms adds the bounds outside of the band; high 0 is none.
func (b Band) alarms(low float64, whenLow string, high float64, whenHigh string) Band {
	b.AlarmLow, b.WhenLow = &low, whenLow
	if high > 0 {
		b.AlarmHigh, b.WhenHigh = &high, whenHigh
	}
	return b
}
