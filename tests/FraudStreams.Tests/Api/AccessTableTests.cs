using FraudStreams.Access;
using FraudStreams.Api.Security;
using FraudStreams.Dashboard.Data;
using FraudStreams.Dashboard.Live;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Api;

[Trait("Category", "Unit")]
public sealed class AccessTableTests
{
    [Fact]
    public async Task A_route_without_a_line_is_a_fault_of_the_start()
    {
        await using var web = WebApplication.CreateSlimBuilder().Build();
        var routes = web.MapGroup("");
        AccessTable.Apply(routes);
        routes.MapGet("/forgotten", () => "");

        var fault = Should.Throw<InvalidOperationException>(() => Endpoints(web).Count);

        fault.Message.ShouldContain("GET /forgotten: say which role the route needs");
    }

    [Fact]
    public async Task A_route_gets_the_policy_of_its_line()
    {
        await using var web = WebApplication.CreateSlimBuilder().Build();
        var routes = web.MapGroup("");
        AccessTable.Apply(routes);
        routes.MapPost("/models/{version}/promote", () => "");
        routes.MapGet("/livez", () => "");
        routes.MapGet("/scalar/{document?}", () => "");

        var endpoints = Endpoints(web);

        endpoints[0].Metadata.GetMetadata<AuthorizeAttribute>()!.Policy.ShouldBe("model-owner");
        endpoints[1].Metadata.GetMetadata<IAllowAnonymous>().ShouldNotBeNull();
        endpoints[2].Metadata.GetMetadata<AuthorizeAttribute>()!.Policy.ShouldBe("viewer");
    }

    [Fact]
    public async Task One_endpoint_for_methods_of_different_roles_is_a_fault_of_the_start()
    {
        await using var web = WebApplication.CreateSlimBuilder().Build();
        var routes = web.MapGroup("");
        AccessTable.Apply(routes);
        routes.MapMethods("/speeds", ["GET", "PUT"], () => "");

        var fault = Should.Throw<InvalidOperationException>(() => Endpoints(web).Count);

        fault.Message.ShouldContain("GET, PUT /speeds is one endpoint");
    }

    [Fact]
    public void Views_of_the_page_have_the_roles_of_their_routes()
    {
        AccessTable.LeastOfPage(typeof(LivePage)).ShouldBe(AccessRole.Viewer);
        AccessTable.LeastOfPage(typeof(SettingsPage)).ShouldBe(AccessRole.Admin);
    }

    static List<Microsoft.AspNetCore.Http.Endpoint> Endpoints(WebApplication web) => [.. ((IEndpointRouteBuilder)web).DataSources.SelectMany(source => source.Endpoints)];
}
