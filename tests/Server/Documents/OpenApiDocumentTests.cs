using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Documents;

/// <summary>The OpenAPI document says what the code does: the same operations, the same bodies, and nothing without a meaning.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly IReadOnlyList<DescribedOperation> s_operations = new ApiDescription("test").Operations;

    public static TheoryData<string> Operations => [.. s_operations.Select(static operation => ApiDescription.NameOf(operation.Path))];

    [Fact]
    public void EveryOperationIsInItAndNothingElse() => Assert.Equal(
        AllOperations.Create().Select(static operation => operation.Path).Append("/v2/liveness").Order(StringComparer.Ordinal),
        DescribedApi.Instance.Paths.Order(StringComparer.Ordinal));

    [Fact]
    public void EveryGroupHasOperationsAndEveryOperationAGroup() => Assert.Equal(
        s_operations.Select(static operation => ApiDescription.GroupOf(operation.Path)).Distinct().Order(StringComparer.Ordinal),
        ApiDescription.Groups.Select(static group => group.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryReferenceLeadsSomewhere()
    {
        int count = 0;
        foreach (string reference in References(DescribedApi.Instance.Root))
        {
            count++;
            JsonElement target = DescribedApi.Instance.Root;
            foreach (string step in reference.Split('/').Skip(1))
            {
                Assert.True(target.TryGetProperty(step, out target), reference);
            }
        }

        Assert.True(count > s_operations.Count, $"{count}");
    }

    [Fact]
    public void EveryComponentIsReferredTo()
    {
        HashSet<string> references = [.. References(DescribedApi.Instance.Root)];
        foreach (string kind in new[] { "schemas", "responses", "headers" })
        {
            foreach (JsonProperty component in DescribedApi.Instance.Root.GetProperty("components").GetProperty(kind).EnumerateObject())
            {
                Assert.Contains($"#/components/{kind}/{component.Name}", references);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void TheExampleIsABodyThatTheServerAccepts(string name)
    {
        DescribedOperation operation = Of(name);
        using JsonDocument example = JsonDocument.Parse(operation.Description.Example);
        SchemaReport report = SchemaValidator.Validate(operation.Body, example.RootElement);
        Assert.Empty(report.Violations);
        Assert.False(report.HasUnbindableInteger);
        Assert.Empty(DescribedApi.Instance.FaultsOfRequest(name, example.RootElement));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void TheDocumentAndTheServerAgreeAboutBodies(string name)
    {
        SchemaNode schema = Of(name).Body;
        string full = Samples.Full(schema);
        int refused = 0;
        int accepted = 0;
        foreach (Field field in Field.Of(schema))
        {
            // In .NET, unlike in ECMAScript, $ also matches before a line end that ends the text.
            foreach (BadInput input in BadInput.At(full, field).Where(static input =>
                input.Location != BadInput.InBody && !input.What.EndsWith("\\n\"", StringComparison.Ordinal)))
            {
                Agree(input.What, input.Body);
            }

            foreach (string json in Samples.AtBounds(field.Schema))
            {
                Agree(json, Encoding.UTF8.GetBytes(BodyEditor.Set(full, field.Path, json)));
            }
        }

        Assert.True(refused > 5 && accepted > 1, $"{refused} refused, {accepted} accepted");

        void Agree(string what, byte[] body)
        {
            using JsonDocument document = JsonDocument.Parse(body);
            bool satisfies = SchemaValidator.Validate(schema, document.RootElement).Violations.Count == 0;
            _ = satisfies ? accepted++ : refused++;
            IReadOnlyList<string> faults = DescribedApi.Instance.FaultsOfRequest(name, document.RootElement);
            Assert.True(satisfies == (faults.Count == 0), $"{what}: the server {(satisfies ? "accepts" : "refuses")} it, the document: {string.Join("; ", faults)}");
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void EveryMemberOfABodyHasAMeaning(string name)
    {
        OperationDescription description = Of(name).Description;
        Assert.EndsWith(".", description.Summary, StringComparison.Ordinal);
        Assert.NotEmpty(description.Permissions);
        Assert.All(
            SchemaRow.Of(Of(name).Body).Where(static row => !row.Type.StartsWith("object", StringComparison.Ordinal)),
            static row => Assert.False(string.IsNullOrEmpty(row.Description), row.Path));
    }

    [Fact]
    public void ItIsWrittenTheSameEveryTime() => Assert.Equal(
        Encoding.UTF8.GetString(OpenApiDocument.Write(new ApiDescription("1"))), Encoding.UTF8.GetString(OpenApiDocument.Write(new ApiDescription("1"))));

    private static DescribedOperation Of(string name) => s_operations.Single(operation => operation.Path == "/v2/" + name);

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static member =>
            member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
