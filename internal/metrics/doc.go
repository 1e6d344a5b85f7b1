// Package metrics holds the measures of the funnel, unit economics, velocity, forecast, expansion and planning. It takes facts that the
// caller has loaded (stage entries, deals, spend, credits, contracts, rates) and gives figures, each with its sample, interval, benchmark
// band, rule in words and what it left out.
//
//	funnel       Episodes, AccountEpisodes and DealEpisodes make episodes; Funnel measures them; Flows and TimeInStage read the moves
//	costs        UnitEconomics: CPL, cost per MQL, SQL and opportunity, CAC, ROI, trends, payback, LTV
//	velocity     WinRate, Cycle, Velocity, VelocityChange, Coverage, Forecast
//	expansion    Retention, ExpansionPipeline
//	planning     Plan, Why
//
// A figure is never NaN or infinite: what can't be said is undefined and says why. Nothing is dropped silently: whatever a figure could
// not use is counted with its reason. Results do not depend on the order of the inputs.
//
// The package is pure: no I/O, no clock, no randomness but the source handed to Forecast, no state outside its values. The statistics
// it stands on are in the package survival below it.
package metrics
