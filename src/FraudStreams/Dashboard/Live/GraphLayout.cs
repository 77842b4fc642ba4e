using System.Collections.Immutable;
using FraudStreams.Topics;

namespace FraudStreams.Dashboard.Live;

/// <summary>Where the parts of the stream stand in its picture: wide for a desk, tall for a telephone.</summary>
/// <param name="IsTall">Edges go from top to bottom; else from left to right.</param>
public sealed record GraphLayout(int Width, int Height, bool IsTall, ImmutableArray<GraphNode> Nodes)
{
    public static readonly GraphLayout Wide = new(1190, 310, false,
    [
        new("simulate", NodeKind.End, "producer", 0, 88, 116), new(TopicNames.Transactions, NodeKind.Topic, "transactions", 196, 88, 134),
        new("score", NodeKind.Pipeline, "score", 410, 88, 134), new(TopicNames.Predictions, NodeKind.Topic, "predictions", 644, 88, 126),
        new("alert", NodeKind.Pipeline, "alert", 864, 10, 110), new("people", NodeKind.End, "channels", 1062, 10, 124),
        new("store", NodeKind.Pipeline, "store", 855, 158, 128), new("database", NodeKind.End, "database", 1072, 158, 104),
        new(TopicNames.Rejected, NodeKind.Topic, "rejected", 417, 250, 120), new(TopicNames.Labels, NodeKind.Topic, "labels", 644, 250, 126), new("label", NodeKind.Pipeline, "label", 869, 250, 100),
    ]);

    public static readonly GraphLayout Tall = new(360, 590, true,
    [
        new("simulate", NodeKind.End, "producer", 97, 0, 116), new(TopicNames.Transactions, NodeKind.Topic, "transactions", 85, 100, 140),
        new("score", NodeKind.Pipeline, "score", 88, 200, 134), new(TopicNames.Predictions, NodeKind.Topic, "predictions", 85, 300, 140),
        new("alert", NodeKind.Pipeline, "alert", 0, 420, 104), new("people", NodeKind.End, "channels", 0, 530, 104),
        new("store", NodeKind.Pipeline, "store", 118, 420, 126), new("database", NodeKind.End, "database", 130, 530, 104),
        new(TopicNames.Rejected, NodeKind.Topic, "rejected", 268, 200, 92), new(TopicNames.Labels, NodeKind.Topic, "labels", 262, 310, 96), new("label", NodeKind.Pipeline, "label", 258, 420, 102),
    ]);

    public static readonly ImmutableArray<(string From, string To)> Edges =
    [
        ("simulate", TopicNames.Transactions), (TopicNames.Transactions, "score"), ("score", TopicNames.Predictions), ("score", TopicNames.Rejected), (TopicNames.Predictions, "alert"),
        ("alert", "people"), (TopicNames.Predictions, "store"), ("store", "database"), (TopicNames.Labels, "label"), ("label", "database"),
    ];

    public GraphNode this[string id] => Nodes.First(node => node.Id == id);

    /// <summary>The curve of an edge, and where its two texts stand: above and below what goes across, beside what goes down, on the free side of what bends.</summary>
    public EdgeCurve Curve(string from, string to)
    {
        var (a, b) = (this[from], this[to]);
        var isDown = IsTall ? to != TopicNames.Rejected : to == TopicNames.Rejected;
        (double x1, double y1) = isDown ? (a.X + a.Width / 2.0, a.Y + (double)GraphNode.Height) : (a.X + (double)a.Width, a.Y + GraphNode.Height / 2.0);
        (double x2, double y2) = isDown ? (b.X + b.Width / 2.0, (double)b.Y) : (b.X, b.Y + GraphNode.Height / 2.0);
        var (cx1, cy1, cx2, cy2) = isDown ? (x1, (y1 + y2) / 2, x2, (y1 + y2) / 2) : ((x1 + x2) / 2, y1, (x1 + x2) / 2, y2);
        var path = FormattableString.Invariant($"M{x1:0} {y1:0}C{cx1:0} {cy1:0} {cx2:0} {cy2:0} {x2:0} {y2:0}");
        var bends = isDown ? Math.Abs(x1 - x2) > 4 : Math.Abs(y1 - y2) > 4;
        if (isDown && bends && x2 < x1 && IsTall && to == "alert")
            return new EdgeCurve(path, x2 - 48, y2 - 36, y2 - 21, "start");
        if (isDown)
            return new EdgeCurve(path, x2 + 8, bends ? y2 - 24 : (y1 + y2) / 2, (bends ? y2 - 24 : (y1 + y2) / 2) + 15, "start");
        if (bends)
            return y2 < y1 ? new EdgeCurve(path, x2 - 8, y2 - 22, y2 - 8, "end") : new EdgeCurve(path, x2 - 8, y2 + 19, y2 + 34, "end");
        return new EdgeCurve(path, (x1 + x2) / 2, y1 - 8, y1 + 17, "middle");
    }
}

/// <param name="Top">Where its first text stands, as <paramref name="Under"/> the second.</param>
public sealed record EdgeCurve(string Path, double X, double Top, double Under, string Anchor);

public enum NodeKind
{
    Topic,
    Pipeline,
    End,
}

/// <summary>A part of the picture: its upper left corner and its width.</summary>
public sealed record GraphNode(string Id, NodeKind Kind, string Title, int X, int Y, int Width)
{
    public const int Height = 56;
}
