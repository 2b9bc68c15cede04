using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane;

/// <summary>One endpoint: its path, what its body must be, and what it does. Stateless and shared by all requests.</summary>
internal abstract class Operation
{
    private protected Operation(string path, SchemaNode body)
    {
        Path = path;
        Body = body;
    }

    /// <summary>Path of the endpoint, for example <c>/v2/apis.createApi</c>.</summary>
    public string Path { get; }

    /// <summary>Method of the endpoint.</summary>
    public virtual string Method => "POST";

    /// <summary>What the body must be.</summary>
    public SchemaNode Body { get; }

    /// <summary>What the OpenAPI document says besides; <see langword="null"/> for operations of v1, which it leaves out.</summary>
    public virtual OperationDescription? Description => null;

    /// <summary>Whether a call only takes rights away, so that it is served on a full disk too.</summary>
    /// <param name="body">A body that satisfies <see cref="Body"/>.</param>
    public virtual bool Revokes(JsonElement body) => false;

    /// <summary>Handles an authenticated call whose body satisfies <see cref="Body"/> and binds.</summary>
    public abstract ValueTask<OperationResult> RunAsync(OperationContext context, JsonElement body);
}

/// <summary>An endpoint whose body is bound to a request type.</summary>
/// <typeparam name="TRequest">The request type.</typeparam>
internal abstract class Operation<TRequest> : Operation
    where TRequest : class
{
    private readonly JsonSerializerContext _binding;
    private JsonTypeInfo<TRequest>? _metadata;

    /// <summary>Describes the endpoint.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="body">What its body must be.</param>
    /// <param name="binding">Has the source-generated metadata of the request type.</param>
    protected Operation(string path, SchemaNode body, JsonSerializerContext binding)
        : base(path, body) => _binding = binding;

    // Made by the first call, because that of all operations together would take milliseconds of each start. Two threads may make it twice.
    private JsonTypeInfo<TRequest> Metadata => _metadata ??= (JsonTypeInfo<TRequest>)_binding.GetTypeInfo(typeof(TRequest))!;

    /// <inheritdoc/>
    public sealed override ValueTask<OperationResult> RunAsync(OperationContext context, JsonElement body)
    {
        TRequest? request = Bind(body);
        return request is null
            ? ValueTask.FromResult<OperationResult>(RequestChecks.NotValid(context.Request, []))
            : HandleAsync(context, request);
    }

    /// <summary>Handles an authenticated call.</summary>
    protected abstract ValueTask<OperationResult> HandleAsync(OperationContext context, TRequest request);

    private TRequest? Bind(JsonElement body)
    {
        try
        {
            return body.Deserialize(Metadata);
        }
        catch (JsonException)
        {
            // Binding looks at each of several members of one name, and the contract at the last: the earlier ones are taken out.
            return BindLastMembers(body);
        }
    }

    private TRequest? BindLastMembers(JsonElement body)
    {
        try
        {
            return JsonSerializer.Deserialize(MetaText.Compact(body), Metadata);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
