namespace FraudStreams.Model.Schemas;

/// <summary>The validation rules of window features.</summary>
sealed partial class SchemaRules
{
    const int MostKeyFields = 4;

    static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);

    void CheckWindow(WindowFeature window, string path)
    {
        CheckKey(window, path);
        CheckTimes(window, path);
        switch (window.Kind)
        {
            case WindowKind.Sum or WindowKind.Mean or WindowKind.StandardDeviation or WindowKind.Max:
                if (HasOf(window, path))
                    Numbers(path, window.Of!);
                break;
            case WindowKind.Distinct:
                if (HasOf(window, path))
                    Input(path, window.Of!, FieldType.Text);
                break;
            default:
                Require(window.Of is null, path, $"{window.Kind.InWords()} is about payments, not about {window.Of}; leave `of` out");
                break;
        }

        if (window.Kind == WindowKind.FraudShare)
        {
            Require(_draft.Roles.Label is not null, path, "there is no label to know fraud by; say roles.label");
            Require(
                window.Delay > TimeSpan.Zero,
                path,
                "uses labels of payments that have only just happened, when nobody knows them; say delay = 7d, or how long it takes");
        }
        if (window.Kind == WindowKind.SinceLast)
            Require(window.Delay == TimeSpan.Zero, path, "counts from the payment before; leave the delay out");
        Require(
            window.CountsItself || window.Kind != WindowKind.SinceLast,
            path,
            "never counts the payment itself; leave `current` out");
    }

    void CheckKey(WindowFeature window, string path)
    {
        Require(
            window.By.Length is >= 1 and <= MostKeyFields,
            path,
            $"by has {window.By.Length} fields; 1 to {MostKeyFields} are possible");
        foreach (var field in window.By)
        {
            Input(path, field, FieldType.Text);
            Require(field != _draft.Roles.Id, path, $"by the id {field}, which is different in every payment: it has no history");
        }
        Require(window.By.Distinct().Count() == window.By.Length, path, $"by has a field twice: {string.Join(", ", window.By)}");
    }

    void CheckTimes(WindowFeature window, string path)
    {
        Require(
            window.Over >= ShortestWindow && window.Over <= WindowFeature.Longest,
            path,
            $"over is {window.Over}; {ShortestWindow.TotalSeconds}s to {WindowFeature.Longest.TotalDays}d are possible");
        Require(
            window.Delay >= TimeSpan.Zero && window.Delay <= WindowFeature.Longest,
            path,
            $"delay is {window.Delay}; 0s to {WindowFeature.Longest.TotalDays}d are possible");
        Require(
            window.Over.Ticks % TimeSpan.TicksPerMillisecond == 0 && window.Delay.Ticks % TimeSpan.TicksPerMillisecond == 0,
            path,
            "over and delay are whole milliseconds");
        Require(
            window.CountsItself || window.Delay <= TimeSpan.Zero,
            path,
            "ends before the payment, which is out in any case; leave `current` out");
    }

    bool HasOf(WindowFeature window, string path)
    {
        Require(!string.IsNullOrEmpty(window.Of), path, $"{window.Kind.InWords()} needs the field it is of; say of = …");
        return !string.IsNullOrEmpty(window.Of);
    }
}

static class WindowKinds
{
    internal static string InWords(this WindowKind kind) => kind switch
    {
        WindowKind.Count => "count",
        WindowKind.Sum => "sum",
        WindowKind.Mean => "mean",
        WindowKind.StandardDeviation => "stddev",
        WindowKind.Max => "max",
        WindowKind.Distinct => "distinct",
        WindowKind.FraudShare => "fraud-share",
        _ => "since-last",
    };
}
