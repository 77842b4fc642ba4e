using Spectre.Console;

namespace FraudStreams.Diagnostics;

/// <summary>
/// What long work says while it goes on: a bar a step where a terminal is there, a line a step where not. It writes to standard error, so
/// that standard output holds results only.
/// </summary>
sealed class WorkProgress
{
    readonly ProgressContext? _bars;
    readonly Action<string> _lines;
    readonly StartSteps? _steps;

    WorkProgress(ProgressContext? bars, Action<string>? lines = null, StartSteps? steps = null) => (_bars, _lines, _steps) = (bars, lines ?? Console.Error.WriteLine, steps);

    /// <summary>A line a step, to a log: of work in a process whose screen shows something else.</summary>
    public static WorkProgress Logged(Action<string> lines) => new(null, lines);

    /// <summary>Does the work with a progress to tell its steps to.</summary>
    public static T Run<T>(Func<WorkProgress, T> work)
    {
        if (Console.IsErrorRedirected)
            return work(new WorkProgress(null));
        return Bars().Start(bars => work(new WorkProgress(bars)));
    }

    /// <summary>The same for work that waits.</summary>
    /// <param name="steps">Are told the steps, too.</param>
    public static async Task<T> RunAsync<T>(Func<WorkProgress, Task<T>> work, StartSteps? steps = null)
    {
        if (Console.IsErrorRedirected)
            return await work(new WorkProgress(null, steps: steps));
        return await Bars().StartAsync(bars => work(new WorkProgress(bars, steps: steps)));
    }

    static Progress Bars() => Screen.Error.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());

    public void Warning(string text)
    {
        if (_bars is null)
            _lines(text);
        else
            Screen.Error.MarkupLine($"[yellow]{Markup.Escape(text)}[/]");
    }

    /// <summary>Begins a step; the action is told the share of it that is done, 0 to 1.</summary>
    public Action<double> Step(string name)
    {
        var told = _steps?.Begin(name);
        if (_bars is null)
        {
            _lines(name);
            return share => told?.Invoke(share);
        }

        var bar = _bars.AddTask(Markup.Escape(name), maxValue: 1);
        return share =>
        {
            bar.Value = share;
            told?.Invoke(share);
        };
    }
}
