using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Tests.Tcp.Harness;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Contract;

/// <summary>Every place of every body: what the contract refuses is refused, naming the place, and changes nothing; what it allows is let through.</summary>
public sealed class BadInputTests(ServerFixture fixture) : TcpTests(fixture)
{
    // Rules that span several members, and so belong to the operation and not to the schema: what their refusal says.
    private static readonly string[] s_rulesOfOperations =
        [
            "`credits.remaining` must be", "`credits.refill.refillDay` must", "is already defined in the request", "The cursor is not one", "Invalid SQL syntax", "No SQL statements found",
        ];

    public static TheoryData<string> Operations => Endpoint.Operations;

    public static TheoryData<string, string> OperationFields => Endpoint.OperationFields;

    [Fact]
    public void EveryOperationIsTested() => Assert.Equal(Endpoint.Known.Order(), Endpoint.All.Select(static endpoint => endpoint.Operation).Order());

    [Theory]
    [MemberData(nameof(Operations))]
    public void TheBodyThatIsVariedHasEveryMember(string operation)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        string body = endpoint.Body(Scene);
        Assert.All(endpoint.Fields, field => Assert.True(BodyEditor.Has(body, field.Path), field.Path));
    }

    [Theory]
    [MemberData(nameof(OperationFields))]
    public void AValueOutsideTheContractIsRefusedItsPlaceIsNamedAndNothingChanges(string operation, string path)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        Field field = endpoint.Fields.Single(field => field.Path == path);
        string body = endpoint.Body(Scene);
        List<string> faults = [];
        IReadOnlyDictionary<string, string> before = StoreDump.Of(Server);
        foreach (BadInput input in BadInput.At(body, field))
        {
            Reply reply = Send(operation, input.What, input.Body);
            bool isRefused = reply.Status == 400 && reply.ErrorType == ErrorCode.InvalidInput;
            bool isPlaced = isRefused && (input.Location is null ? reply.ErrorLocations.Length == 0 : reply.ErrorLocations.Contains(input.Location));
            if (!isPlaced)
            {
                faults.Add($"{path} = {input.What}: wanted {input.Location ?? "no list"}, got {reply.Http}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Equal(before, StoreDump.Of(Server));
    }

    [Theory]
    [MemberData(nameof(OperationFields))]
    public void AValueAtTheBoundsOfTheContractIsAccepted(string operation, string path)
    {
        Endpoint endpoint = Endpoint.Of(operation);
        Field field = endpoint.Fields.Single(field => field.Path == path);
        string body = endpoint.Body(Scene);
        List<string> faults = [];
        foreach (string json in Samples.AtBounds(field.Schema))
        {
            Check(json, BodyEditor.Set(body, path, json));
        }

        if (!field.IsRequired && !path.EndsWith("[0]", StringComparison.Ordinal))
        {
            Check("absent", BodyEditor.Remove(body, path));
        }

        if (field.Schema is { Kind: SchemaKind.Object, IsClosed: false, PropertiesMax: int.MaxValue })
        {
            Check("an unknown member", BodyEditor.Set(body, (path + ".not a member").TrimStart('.'), "1"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        void Check(string what, string varied)
        {
            Reply reply = Send(operation, what, Encoding.UTF8.GetBytes(varied));

            // A root key does not hand out a permission that it lacks, and this server has no key to encrypt with.
            bool isAccepted = reply.Status is 200 or 404 or 409
                || (reply.Status == 412 && path is "decrypt" or "recoverable")
                || (reply.Status == 400 && s_rulesOfOperations.Any(reply.Detail.Contains))
                || (reply.Status == 403 && operation == "rootKeys.createRootKey" && path.StartsWith("permissions", StringComparison.Ordinal));
            if (!isAccepted)
            {
                faults.Add($"{path} = {(what.Length > 100 ? what[..100] : what)}: {reply.Http}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void ABodyThatEndsTooEarlyIsRefused(string operation)
    {
        byte[] body = Encoding.UTF8.GetBytes(Endpoint.Of(operation).Body(Scene).Trim());
        IReadOnlyDictionary<string, string> before = StoreDump.Of(Server);
        for (int length = 0; length < body.Length; length++)
        {
            Reply reply = Send(operation, $"the first {length} bytes", body[..length]).Refused(ErrorCode.InvalidInput);
            Assert.Equal([BadInput.InBody], reply.ErrorLocations);
        }

        Assert.Equal(before, StoreDump.Of(Server));
    }

    [Fact]
    public void TheMessageOfAShortNameSaysWhatWasGotAndWanted()
    {
        Reply reply = Client.Post("apis.createApi", """{"name":"ab"}""").RefusedBySchema("apis.createApi", "/properties/name/minLength");
        Assert.Equal(
            "minLength: got 2, want 3", reply.Json.GetProperty("error").GetProperty("errors")[0].GetProperty("message").GetString());
    }

    [Fact]
    public void EscapedMemberNamesEqualPlainOnes()
    {
        Assert.Equal("VALID", Client.Post("keys.verifyKey", $$"""{"\u006bey":"{{Scene.Key.Key}}"}""").Code);
        Assert.Equal(200, Client.Post("apis.createApi", """{"n\u0061me":"escaped"}""").Status);
    }

    private Reply Send(string operation, string what, byte[] body) => Caller(operation).Send(
        new ApiRequest(operation, what) { Bytes = body, Authorization = "Bearer " + Caller(operation).RootKey });
}
