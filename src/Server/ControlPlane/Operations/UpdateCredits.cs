using System;
using System.Threading.Tasks;
using Unkey.Server.ControlPlane.Requests;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary><c>keys.updateCredits</c>: sets a balance, or moves it without losing what is spent at the same time.</summary>
internal sealed class UpdateCredits() : Operation<UpdateCreditsRequest>(
    "/v2/keys.updateCredits",
    SchemaNode.Closed(
        SchemaProperty.Required("keyId", SchemaNode.Text(3).Described("Id of the key.")),
        SchemaProperty.Required(
            "operation",
            SchemaNode.OneOf(UpdateCreditsRequest.Set, UpdateCreditsRequest.Increment, UpdateCreditsRequest.Decrement)
                .Described("What is done with the value; a decrement ends at zero.")),
        SchemaProperty.Optional(
            "value", SchemaNode.Integer(0).OrNull().Described("Credits. Needed to increment and decrement; null sets unlimited credits without a refill."))),
    RequestJson.Default)
{
    /// <inheritdoc/>
    public override OperationDescription Description { get; } = new()
    {
        Summary = "Sets the balance of a key, or moves it without losing what is spent at the same time.",
        Permissions = ["api.*.update_key"],
        Example = """{"keyId":"key_MWsVoLbZy","operation":"increment","value":100}""",
        Data = RequestSchemas.Credits,
        Refusals = [ErrorCode.KeyNotFound],
    };

    /// <inheritdoc/>
    protected override async ValueTask<OperationResult> HandleAsync(OperationContext context, UpdateCreditsRequest request) =>
        await context.WriteAsync(session => Update(session, context, request)).ConfigureAwait(false);

    private static OperationResult Update(StoreSession session, OperationContext context, UpdateCreditsRequest request)
    {
        if (!KeyAccess.TryFind(session, context, request.KeyId, "update_key", out KeyRow? key, out ApiError? refused))
        {
            return refused;
        }

        return Apply(session, context, key, request, out CreditsData credits) is { } wrong ? wrong : OperationResult.Success(credits);
    }

    /// <summary>Changes the balance of a key.</summary>
    /// <param name="session">The session.</param>
    /// <param name="context">The call.</param>
    /// <param name="key">The key before.</param>
    /// <param name="request">What was asked for.</param>
    /// <param name="credits">The credits afterwards.</param>
    /// <returns>The refusal, or <see langword="null"/>.</returns>
    internal static ApiError? Apply(
        StoreSession session, OperationContext context, KeyRow key, UpdateCreditsRequest request, out CreditsData credits)
    {
        credits = new CreditsData(null, null, null);
        if (Refused(request, key) is { } refused)
        {
            return refused;
        }

        new AuditTrail(context, session).Add("key.update", "key", key.Id, key.Name);
        credits = request.Operation == UpdateCreditsRequest.Set ? Set(session, key, request.Value) : Move(session, context, key, request);
        return null;
    }

    private static ApiError? Refused(UpdateCreditsRequest request, KeyRow key)
    {
        if (request.Operation == UpdateCreditsRequest.Set)
        {
            return null;
        }

        if (request.Value is null)
        {
            return new ApiError(ErrorCode.InvalidInput, $"`value` must be provided when the operation is `{request.Operation}`.");
        }

        return key.Remaining is null
            ? new ApiError(ErrorCode.InvalidInput, $"The key has unlimited credits, so the operation `{request.Operation}` cannot be applied.")
            : null;
    }

    // Unlimited credits have no refill, whether null was written out or left out.
    private static CreditsData Set(StoreSession session, KeyRow key, long? value)
    {
        session.SetRemaining(key.Id, value);
        if (value is null)
        {
            session.ClearRefill(key.Id);
            return new CreditsData(null, null, null);
        }

        return new CreditsData(value, key.RefillAmount, key.RefillDay);
    }

    private static CreditsData Move(StoreSession session, OperationContext context, KeyRow key, UpdateCreditsRequest request)
    {
        long value = request.Value!.Value;
        long balance = KeyAccess.LiveBalance(context.Services.Engine, key);
        bool isAdded = request.Operation == UpdateCreditsRequest.Increment;
        session.AdjustRemaining(key, isAdded ? value : -value);
        long moved = isAdded
            ? (value > long.MaxValue - balance ? long.MaxValue : balance + value)
            : Math.Max(balance - value, 0);
        return new CreditsData(moved, key.RefillAmount, key.RefillDay);
    }
}
