namespace FraudStreams.Alerting;

/// <summary>Notifies subscribers, such as the console, of each delivered alert.</summary>
public sealed class DeliveredAlerts
{
    /// <summary>Called with one line about the alert, with nothing secret in it, on the thread that settled it.</summary>
    public event Action<string>? Delivered;

    public void Publish(string line) => Delivered?.Invoke(line);
}
