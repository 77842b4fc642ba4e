using FraudStreams.Pipelines;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Pipelines;

[Trait("Category", "Unit")]
public sealed class PipelineCatalogTests
{
    [Fact]
    public void Every_pipeline_consumes_the_topic_of_its_group_but_the_producers()
    {
        var pipelines = PipelineCatalog.Create();

        pipelines.Where(pipeline => pipeline.Topic is null).Select(pipeline => pipeline.Name).ShouldBe([ConsumerGroups.Train, ConsumerGroups.Simulate], ignoreOrder: true);
        pipelines.Where(pipeline => pipeline.Topic is not null).Select(pipeline => pipeline.Name).ShouldBe(ConsumerGroups.Consumers.Select(consumer => consumer.Group), ignoreOrder: true);
    }
}
