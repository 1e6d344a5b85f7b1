package metrics

import "millrace"

// Convert gives an amount in minor units of the options' currency at the rate of a day; ok is false where there is no rate.
func (o Options) Convert(m millrace.Money, d Day) (minor int64, ok bool) { return o.convert(m, d) }
