namespace FraudStreams.Model.Evaluation.Promotion;

/// <summary>One payment that champion and challenger both scored before its label was known, with the label.</summary>
/// <param name="Card">A number that identifies the card: payments of a card are not independent.</param>
/// <param name="Time">Event time, Unix milliseconds.</param>
/// <param name="Champion">The champion's score, any number but NaN; higher is more suspicious.</param>
/// <param name="ChampionAlerts">Whether the champion predicted fraud, by its threshold of that moment.</param>
/// <param name="Challenger">The challenger's score.</param>
/// <param name="ChallengerAlerts">Whether the challenger would have predicted fraud.</param>
/// <param name="Amount">For the segments; NaN where it is not known.</param>
public readonly record struct GatePayment(
    long Card, long Time, bool IsFraud, double Champion, bool ChampionAlerts, double Challenger, bool ChallengerAlerts, double Amount = double.NaN);
